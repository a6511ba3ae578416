import type { Queryable } from '../base/ports/database.js';
import type { Fields } from '../fields/index.js';
import type { AccountTable } from './account-table.js';

/** The stored mail address of an account, opened; null: no such row, or nothing in it. */
export async function mailAddress(
  database: Queryable,
  fields: Fields,
  { table, sqlName, key, login }: AccountTable,
  id: string,
): Promise<string | null> {
  const [row] = await database.query<{ sealed: string | null }>(
    `select "${login.name}" as sealed from ${sqlName} where "${key}" = $1`,
    [id],
  );
  if (row?.sealed === undefined || row.sealed === null) return null;
  const [purpose] = login.purposes;
  if (purpose === undefined) return null;
  const place = { table: table.name, column: login.name, row: id };
  const address = fields.open(row.sealed, place, purpose).reveal();
  return typeof address === 'string' ? address : null;
}
