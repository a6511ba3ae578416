import { hkdfSync } from 'node:crypto';
import { utf8 } from '../base/bytes.js';

/** The text a column held, also where it is of a binary type; null for what cannot be the text of any format here. */
export function textOf(stored: string | Uint8Array): string | null {
  const text = typeof stored === 'string' ? stored : Buffer.from(stored).toString('latin1');
  return /^[\x20-\x7e]*$/.test(text) ? text : null;
}

/** Strict base64 with its padding: null for anything a canonical encoder would not have written. */
export function fromPadded(text: unknown, alphabet: 'base64' | 'base64url' = 'base64'): Buffer | null {
  if (typeof text !== 'string') return null;
  const standard = alphabet === 'base64' ? text : text.replace(/[-_]/g, (sign) => (sign === '-' ? '+' : '/'));
  // The other alphabet's signs must not slip through: one value has one spelling.
  if (alphabet === 'base64url' && /[+/]/.test(text)) return null;
  const bytes = Buffer.from(standard, 'base64');
  return bytes.toString('base64') === standard ? bytes : null;
}

/** Strict hex in small letters. */
export function fromHex(text: string): Buffer | null {
  return text.length % 2 === 0 && /^[0-9a-f]*$/.test(text) ? Buffer.from(text, 'hex') : null;
}

/** Text that is valid UTF-8, byte for byte; null for anything else. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A JSON object with these properties of its own and no others; null for anything else. */
export function jsonRecord(text: string, allowed: readonly string[]): Readonly<Record<string, unknown>> | null {
  try {
    return record(JSON.parse(text), allowed);
  } catch {
    return null;
  }
}

export function record(value: unknown, allowed: readonly string[]): Readonly<Record<string, unknown>> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  // Without a prototype: what is not there is undefined, whatever somebody put on Object.prototype.
  const own = Object.assign(Object.create(null) as Record<string, unknown>, value);
  return Object.keys(own).every((key) => allowed.includes(key)) ? own : null;
}

/**
 * A column's key as CipherSweet derives it, and Lockbox after it: HKDF-SHA-384 with the table as salt and a separator
 * before the column.
 */
export function columnKey(master: Uint8Array, table: string, column: string): Buffer {
  const info = Buffer.concat([Buffer.alloc(32, 0xb4), utf8(column)]);
  return Buffer.from(hkdfSync('sha384', master, utf8(table), info, 32));
}
