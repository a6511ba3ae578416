import { committedOverheadBytes, plainOverheadBytes } from '../aead/index.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import type { SealOptions } from './envelopes.js';
import { assertPadding, defaultPadding, paddedSize } from './padding.js';
import { defaultSuite } from './suites.js';
import { headerBytes, textPrefix } from './text-form.js';
import type { ValueType } from './values.js';

/** Types whose values are all of one size, in bytes. */
const fixedBytes = { boolean: 0, int64: 8, float64: 8, instant: 8, date: 10 } as const;
type FixedType = keyof typeof fixedBytes;
/** Bytes that one unit of length takes at most: a character of text, a bit of a bigint, a byte or digit of the rest. */
const unitBytes = { text: 4, bytes: 1, bigint: 1 / 8, decimal: 1, json: 1 } as const;
const longest = 2 ** 30;

/**
 * Characters that a sealed value takes at most: what `varchar(n)` has to be, so that a migration finds out and not a
 * customer. A `text` column needs no number. `maxLength` is counted in characters for text (as SQL counts them: one of
 * four UTF-8 bytes is one), in bits for bigint, in digits, point and sign for decimal, in bytes of UTF-8 for JSON, in
 * bytes for bytes; the other types have one size and take none. Give the column's own padding and suite.
 * @throws SafekeepError ERR_OPTION_INVALID
 * @example
 * maxStoredSize('text', 254); // 1474: an e-mail address
 * maxStoredSize('date'); // 151
 */
export function maxStoredSize(type: ValueType, maxLength?: number, options: SealOptions = {}): number {
  const { pad = defaultPadding, suite = defaultSuite } = options;
  assertPadding(pad);
  const overhead = suite === 'xaes-256-gcm' ? plainOverheadBytes : committedOverheadBytes;
  const plaintext = paddedSize(1 + valueBytes(type, maxLength) + 1, pad);
  return textPrefix.length + Math.ceil(((headerBytes + overhead + plaintext) * 4) / 3);
}

function valueBytes(type: ValueType, maxLength: number | undefined): number {
  if (Object.hasOwn(fixedBytes, type)) {
    if (maxLength === undefined) return fixedBytes[type as FixedType];
    throw invalid('maxLength', say`none: values of this type have one size`);
  }
  if (!Object.hasOwn(unitBytes, type)) throw invalid('type', say`a type of value`);
  if (maxLength === undefined || !Number.isSafeInteger(maxLength) || maxLength < 0 || maxLength > longest)
    throw invalid('maxLength', say`a whole number from 0 to ${longest}`);
  const bytes = Math.ceil(maxLength * unitBytes[type as keyof typeof unitBytes]);
  // The sign has a byte of its own.
  return type === 'bigint' ? bytes + 1 : bytes;
}

function invalid(option: string, expected: ReturnType<typeof say>): SafekeepError {
  return new SafekeepError('ERR_OPTION_INVALID', { of: nameOf('maxStoredSize'), option: nameOf(option), expected });
}
