import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Eta } from 'eta';
import type { Form } from './form.js';
import type { LookOf } from './look.js';

/** What every page is given beside its own data. */
export interface Shell {
  /** Left out where it is not known, as on the page of an error. */
  readonly signedIn?: boolean;
  readonly development: boolean;
  /** Only for pages with a form. */
  readonly form?: Form;
  readonly note?: Note;
}

export interface Note {
  readonly tone: 'good' | 'warn' | 'info';
  readonly lines: readonly string[];
  /** True where the note answers what the person just did: screen readers say it. */
  readonly announce?: boolean;
}

export interface Views {
  render(page: string, data: Shell & Readonly<Record<string, unknown>>): string;
}

/**
 * The pages of both servers and those of this one, read and compiled once at start: a template that does not compile stops the start, and no request reads
 * a file. Every `<%= %>` is escaped; `<%~ %>` is used for includes and for markup of our own only. A Secret that gets
 * into a page by mistake prints its label, because escaping turns it into text first.
 */
export function createViews(
  directories: readonly string[],
  shell: {
    readonly asset: (name: string) => string;
    readonly siteWords: readonly string[];
    readonly site: Omit<LookOf, 'words' | 'folder'>;
  },
): Views {
  const eta = new Eta({ autoEscape: true, useWith: false, cache: true });
  for (const directory of directories) {
    for (const file of readdirSync(directory)) {
      if (!file.endsWith('.eta')) continue;
      eta.loadTemplate(`@${file.slice(0, -'.eta'.length)}`, readFileSync(join(directory, file), 'utf8'));
    }
  }
  return Object.freeze({
    render: (page: string, data: Shell & Readonly<Record<string, unknown>>) =>
      eta.render(`@${page}`, { ...data, ...shell }),
  });
}
