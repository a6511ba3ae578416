import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import type { Place, RowKeyPart } from '../envelope/index.js';
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

/** What binds a sealed value to its row, besides table and column. */
export interface RowBinding {
  readonly row: readonly RowKeyPart[];
  readonly tenant?: string | undefined;
}

/** The row key of a row, and its tenant where the table has one. @throws SafekeepError ERR_ROW_KEY_MISSING */
export function bindingOf(table: ResolvedTable, row: Readonly<Record<string, unknown>>): RowBinding {
  const key = rowKeyOf(table, row);
  const { tenant } = table;
  if (tenant === undefined) return { row: key };
  const owner = Object.hasOwn(row, tenant) ? row[tenant] : undefined;
  if (typeof owner === 'string' && owner !== '') return { row: key, tenant: owner };
  // A driver gives 7 back as 7, and 7n as '7': one tenant.
  if (typeof owner === 'bigint' || Number.isSafeInteger(owner)) return { row: key, tenant: String(owner) };
  throw new SafekeepError('ERR_ROW_KEY_MISSING', { table: nameOf(table.name), column: nameOf(tenant) });
}

/**
 * A value that is sealed without the tenant its table declares would be one that no row opens and no rotation moves.
 * @throws SafekeepError ERR_PLACE_INVALID
 */
export function assertTenant(table: ResolvedTable, place: Place): void {
  if (table.tenant === undefined || place.tenant !== undefined) return;
  const problem = say`the table has a tenant, ${nameOf(table.tenant)}, and the place names none`;
  throw new SafekeepError('ERR_PLACE_INVALID', { place: nameOf(`${place.table}.${place.column}`), problem });
}
