import { say } from '../base/names.js';
import { oneOfRule, type Rule, withDefault } from '../base/options.js';
import type { ForeignPlace } from '../base/ports/foreign-reader.js';

/** Bytes that depend on the place: associated data, a derivation context. */
export type BytesOfPlace = (place: ForeignPlace) => string | Uint8Array;

type Check<T> = { readonly check: (value: unknown) => ReturnType<typeof say> | undefined; readonly type?: T };

/** A key as hex or as bytes. */
export function keyRule(...sizes: readonly number[]): Check<string | Uint8Array> {
  return {
    check: (value) => {
      const size = value instanceof Uint8Array ? value.length : hexSize(value);
      const [first = 0, ...others] = sizes;
      if (size !== undefined && sizes.includes(size)) return undefined;
      return others.length === 0
        ? say`a key of ${first} bytes, as such or in hex`
        : say`a key of ${first} to ${others.at(-1) ?? first} bytes, as such or in hex`;
    },
  };
}
function hexSize(value: unknown): number | undefined {
  return typeof value === 'string' && /^([0-9a-f]{2})+$/i.test(value) ? value.length / 2 : undefined;
}

/** A copy of the key's bytes: the caller may wipe his. */
export function keyBytes(key: string | Uint8Array): Buffer {
  return typeof key === 'string' ? Buffer.from(key, 'hex') : Buffer.from(key);
}

export function bytesOf(made: string | Uint8Array): Buffer {
  return typeof made === 'string' ? Buffer.from(made, 'utf8') : Buffer.from(made);
}

/** Text, unless the column held bytes. */
export const asRule: Rule<'text' | 'bytes'> = withDefault(oneOfRule('text', 'bytes'), 'text');
