import { type Name, nameOf } from '../base/names.js';
import type { SecurityEvent } from '../base/ports/security-events.js';
import type { Declared } from './legacy/declared.js';
import type { OldScheme, OldSettings } from './legacy/scheme.js';
import { type LegacyScheme, schemeOf } from './legacy/schemes.js';
import { parseWrapped, wrappedPrefix } from './legacy/wrapped.js';
import { type Phc, parsePhc } from './phc.js';
import type { ReadForm } from './stored-form.js';

/** Old hashes that may occur. */
export interface OldSchemes {
  readonly declared: Declared;
  readonly loaded: ReadonlyMap<LegacyScheme, OldScheme>;
}

/** A digest of an old scheme that a password has to give. */
export interface OldTarget {
  readonly scheme: OldScheme;
  readonly settings: OldSettings;
  /** undefined where argon2 is over it: then the digest itself is not known. */
  readonly digest: Buffer | undefined;
}

/** What a password has to give: an argon2 tag, an old digest, or an argon2 tag over an old digest. */
export interface Target {
  readonly phc: Phc | undefined;
  readonly old: OldTarget | undefined;
}

export interface Found {
  readonly target: Target | undefined;
  /** Whether it is in the form that is written today; its cost is another question. */
  readonly current: boolean;
  /** What is wrong with what is stored, for the people who run the server. */
  readonly event: SecurityEvent | undefined;
}

/** The longest wrapped form has fewer characters. */
const mostLength = 1024;

/**
 * Tells what a stored text asks for. Nothing is computed, and nothing will be for what is outside the bounds or of a
 * scheme that nobody declared: who can write to the table must not choose what the server computes.
 */
export function readStored(form: ReadForm, ceilingKiB: number, { declared, loaded }: OldSchemes): Found {
  if (form.text === undefined) return refused(form.because);
  const { text, current } = form;
  if (text.length > mostLength) return refused('bounds', nameOf('length'));
  if (text.startsWith(wrappedPrefix)) return readWrapped(text, ceilingKiB, loaded);
  const name = schemeOf(text);
  if (name === undefined) return readPhc(text, ceilingKiB, current);
  if (!declared.has(name)) return refused('undeclared', nameOf(name));
  // Django's argon2 strings: the PHC string behind one more word.
  if (name === 'argon2') return readPhc(text.slice('argon2'.length), ceilingKiB, false);
  const scheme = loaded.get(name);
  const hash = scheme?.read(text);
  if (scheme === undefined || hash === undefined) return refused('form', nameOf(name));
  const part = scheme.outside(hash);
  if (part !== undefined) return refused('bounds', part);
  return {
    target: { phc: undefined, old: { scheme, settings: hash, digest: hash.digest } },
    current: false,
    event: undefined,
  };
}

function readPhc(text: string, ceilingKiB: number, current: boolean): Found {
  const phc = parsePhc(text, ceilingKiB);
  if ('unusable' in phc) return refused(phc.unusable, phc.part);
  return { target: { phc, old: undefined }, current, event: undefined };
}

function readWrapped(text: string, ceilingKiB: number, loaded: OldSchemes['loaded']): Found {
  const wrapped = parseWrapped(text);
  if (wrapped === undefined) return refused('form', nameOf('wrapped'));
  const { settings } = wrapped;
  const scheme = [...loaded.values()].find(({ variants }) => variants.includes(settings.variant));
  if (scheme === undefined) return refused('undeclared', nameOf(settings.variant));
  const part = scheme.outside(settings);
  if (part !== undefined) return refused('bounds', part);
  const { target, event } = readPhc(wrapped.phc, ceilingKiB, false);
  if (target === undefined) return { target, current: false, event };
  return { target: { phc: target.phc, old: { scheme, settings, digest: undefined } }, current: false, event };
}

function refused(because: string, part?: Name): Found {
  const kinds: Readonly<Record<string, string>> = { bounds: 'password.bounds', undeclared: 'password.undeclared' };
  const kind = kinds[because] ?? 'password.unreadable';
  return { target: undefined, current: false, event: { kind, facts: { because: nameOf(because), part } } };
}
