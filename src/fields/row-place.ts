import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import type { RowKeyPart } from '../envelope/index.js';
import type { ResolvedTable } from '../policy/index.js';

const wholeNumber = /^(?:0|-?[1-9][0-9]{0,38})$/;

/**
 * Folds a row key to one form: drivers give `bigint` keys back as text, and an application may pass 42 where the
 * database later answers '42'. No two rows of one table differ in that alone.
 */
export function foldRowKey(row: RowKeyPart | readonly RowKeyPart[]): RowKeyPart | readonly RowKeyPart[] {
  if (Array.isArray(row)) return row.map(foldPart);
  return foldPart(row as RowKeyPart);
}

function foldPart(part: RowKeyPart): RowKeyPart {
  if (typeof part !== 'string' || !wholeNumber.test(part)) return part;
  // Either kind of number binds alike; up to fifteen digits the cheaper one is exact.
  return part.length <= 15 ? Number(part) : BigInt(part);
}

/** The row key of a row, in the order the policy declares. @throws SafekeepError ERR_ROW_KEY_MISSING */
export function rowKeyOf(table: ResolvedTable, row: Readonly<Record<string, unknown>>): readonly RowKeyPart[] {
  return table.rowKey.map((column) => {
    const part = Object.hasOwn(row, column) ? row[column] : undefined;
    if (part === undefined || part === null || part === '') {
      throw new SafekeepError('ERR_ROW_KEY_MISSING', { table: nameOf(table.name), column: nameOf(column) });
    }
    return foldPart(part as RowKeyPart);
  });
}
