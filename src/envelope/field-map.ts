import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { decode, type Typed, type ValueType } from './values.js';

/** Several values that are sealed as one: the sealed columns of a row. */
export interface FieldMap {
  /** Which declaration the field numbers follow, 0 to 4294967295; authenticated with the fields. */
  readonly schema: number;
  /** Field numbers are 0 to 65535. null is a value of its own: a field that is known to be empty. */
  readonly fields: ReadonlyMap<number, Typed | null>;
}

/** What a reader takes a field for; undefined for a field it leaves unread. */
export type Expect = (field: number, schema: number) => ValueType | undefined;

export const nullTag = 0x0f;
export const schemaBytes = 4;
/** Field number (2), length (4). */
export const entryBytes = 6;

/** Field numbers in the order they are written. @throws SafekeepError ERR_OPTION_INVALID */
export function orderedFields({ schema, fields }: FieldMap): readonly number[] {
  if (!isWithin(schema, 0xffff_ffff)) {
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('sealMap'),
      option: nameOf('schema'),
      expected: say`a whole number from 0 to ${0xffff_ffff}`,
    });
  }
  const ordered = [...fields.keys()].sort((a, b) => a - b);
  if (!ordered.every((field) => isWithin(field, 0xffff))) {
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('sealMap'),
      option: nameOf('fields'),
      expected: say`field numbers from 0 to ${0xffff}`,
    });
  }
  return ordered;
}

/**
 * The fields of a map's plaintext up to `end`, those that `expect` leaves out never decoded; null when it is no map, or
 * when a field is not of the type that is expected.
 */
export function readMap(plaintext: Buffer, end: number, expect?: Expect): FieldMap | null {
  if (end < schemaBytes) return null;
  const schema = plaintext.readUInt32BE(0);
  const fields = new Map<number, Typed | null>();
  let last = -1;
  for (let at = schemaBytes; at < end; ) {
    if (at + entryBytes >= end) return null;
    const field = plaintext.readUInt16BE(at);
    const from = at + entryBytes;
    at = from + plaintext.readUInt32BE(at + 2);
    // Ascending and whole: one map has one encoding.
    if (field <= last || at === from || at > end) return null;
    last = field;
    const expected = expect?.(field, schema);
    if (expect !== undefined && expected === undefined) continue;
    if (plaintext[from] === nullTag) {
      if (at !== from + 1) return null;
      fields.set(field, null);
      continue;
    }
    const value = decode(plaintext, from, at);
    if (value === null || (expected !== undefined && value.type !== expected)) return null;
    fields.set(field, value);
  }
  return { schema, fields };
}

function isWithin(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= most;
}
