import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Where pictures of the pages go, when they are asked for. */
export const pictures: string | undefined = process.env['SAFEKEEP_SCREENSHOTS']
  ? fileURLToPath(new URL('../screenshots', import.meta.url))
  : undefined;

/** Looks at the page that is open: nothing wider than the window, nothing that axe finds; and draws it. */
export async function inspect(tab: Page, path: string, name: string): Promise<void> {
  const wider = await tab.evaluate('document.documentElement.scrollWidth - innerWidth');
  expect([path, wider]).toEqual([path, 0]);
  await tab.evaluate(axe);
  const faults = await tab.evaluate<readonly string[]>(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes.map((n) => n.target)))',
  );
  expect([path, faults]).toEqual([path, []]);
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await tab.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

/** A name, a size and a scheme of colours. */
export type Screen = readonly [string, { readonly width: number; readonly height: number }, 'light' | 'dark'];

export const screens = [
  ['desktop', { width: 1280, height: 900 }, 'light'],
  ['phone', { width: 390, height: 844 }, 'dark'],
] as const;
