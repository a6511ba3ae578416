import { type Name, nameOf } from '../base/names.js';
import { bounds, type Cost } from './cost.js';

export type Variant = 'argon2id' | 'argon2i' | 'argon2d';

/** A stored hash, read: what was computed, how, and with which salt. Version 0x13 always. */
export interface Phc extends Cost {
  readonly variant: Variant;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** Why a stored string is not worked on: it is no PHC string of ours, or it asks for more than we compute. */
export interface Unusable {
  readonly unusable: 'form' | 'bounds';
  /** The part that is out of bounds. */
  readonly part?: Name;
}

const decimal = '(0|[1-9][0-9]{0,9})';
const b64 = '([A-Za-z0-9+/]+)';
const grammar = new RegExp(
  `^\\$(argon2id|argon2i|argon2d)\\$v=19\\$m=${decimal},t=${decimal},p=${decimal}\\$${b64}\\$${b64}$`,
);

/**
 * Reads a PHC string in its one canonical form (C2SP phc-strings: order m,t,p; decimals without leading zeros; base64
 * without padding or stray bits), so that one hash has one spelling. Nothing is computed before every bound holds: a
 * stored string that someone edited to 4 GiB of memory must cost nothing. `keyid` and `data` are not read: no
 * verifier of ours could honour them.
 * @param ceilingKiB the most memory that is spent on a stored hash
 */
export function parsePhc(text: string, ceilingKiB: number = bounds.memoryKiB.max): Phc | Unusable {
  if (text.length > bounds.textLength) return { unusable: 'bounds', part: nameOf('length') };
  const [whole, variant, m, t, p, saltText, tagText] = grammar.exec(text) ?? [];
  if (whole === undefined) return { unusable: 'form' };
  const [salt, tag] = [fromB64(saltText as string), fromB64(tagText as string)];
  if (salt === null || tag === null) return { unusable: 'form' };
  const [memoryKiB, passes, lanes] = [Number(m), Number(t), Number(p)];
  const memory = { min: Math.max(bounds.memoryKiB.min, 8 * lanes), max: Math.min(bounds.memoryKiB.max, ceilingKiB) };
  const part =
    outside(passes, bounds.passes, 'passes') ??
    outside(lanes, bounds.lanes, 'lanes') ??
    outside(memoryKiB, memory, 'memoryKiB') ??
    outside(salt.length, bounds.saltBytes, 'saltBytes') ??
    outside(tag.length, bounds.tagBytes, 'tagBytes');
  if (part !== undefined) return { unusable: 'bounds', part };
  return { variant: variant as Variant, memoryKiB, passes, lanes, salt, tag };
}

/** The canonical string of a hash. */
export function formatPhc({ variant, memoryKiB, passes, lanes, salt, tag }: Phc): string {
  return `$${variant}$v=19$m=${memoryKiB},t=${passes},p=${lanes}$${toB64(salt)}$${toB64(tag)}`;
}

function outside(value: number, { min, max }: { min: number; max: number }, part: string): Name | undefined {
  return value >= min && value <= max ? undefined : nameOf(part);
}

function toB64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** null where a canonical encoder would have written something else: a length of 4n+1, or set bits behind the last byte. */
function fromB64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return toB64(bytes) === text ? bytes : null;
}
