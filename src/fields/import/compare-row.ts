import type { WalkedRow } from '../../database/index.js';
import type { ImportRows } from './import-row.js';
import type { ImportColumn, ImportTable } from './import-tables.js';
import type { Fail } from './import-walk.js';
import { samePlain } from './plaintext.js';

/**
 * `none`: neither plaintext nor anything sealed. `pending`: a plaintext alone. `equal`: both, and one value. `differs`:
 * two values. `alone`: sealed, and the plaintext is gone. `failed`: one of them cannot be read.
 */
export type Standing = 'none' | 'pending' | 'equal' | 'differs' | 'alone' | 'failed';

export interface ComparedRow {
  readonly standings: ReadonlyMap<string, Standing>;
  /** What the columns have sealed; without those that have nothing sealed. */
  readonly sealed: ReadonlyMap<string, unknown>;
}

/** Opens what is sealed in a row and holds it against the plaintext beside it. */
export async function compareRow(
  rows: ImportRows,
  table: ImportTable,
  row: WalkedRow,
  fail: Fail,
): Promise<ComparedRow> {
  const standings = new Map<string, Standing>();
  const sealed = new Map<string, unknown>();
  // Column by column: one that does not open is no reason to know nothing of the others.
  const parts: readonly (readonly ImportColumn[])[] =
    table.sealedRow === undefined ? table.columns.map((column) => [column]) : [table.columns];
  for (const columns of parts) {
    try {
      for (const [name, value] of rows.sealed({ ...table, columns }, row)) sealed.set(name, value);
    } catch (error) {
      for (const { name } of columns) standings.set(name, 'failed');
      fail(columns[0]?.name ?? '', error);
    }
  }
  for (const column of table.columns) {
    const { name } = column;
    if (standings.has(name)) continue;
    try {
      standings.set(name, standing(column, row, sealed, await rows.plain(table, column, row)));
    } catch (error) {
      standings.set(name, 'failed');
      fail(name, error);
    }
  }
  return { standings, sealed };
}

function standing(
  { name, source, type, inPlace }: ImportColumn,
  row: WalkedRow,
  sealed: ReadonlyMap<string, unknown>,
  plain: unknown,
): Standing {
  const there = sealed.get(name) ?? null;
  const isStored = !inPlace && (row[source] ?? null) !== null;
  if (inPlace) return sealed.has(name) ? 'alone' : (row[source] ?? null) === null ? 'none' : 'pending';
  // A reader may say that what is stored stands for a null.
  if (plain === null) return there === null ? (isStored ? 'equal' : 'none') : isStored ? 'differs' : 'alone';
  if (!sealed.has(name)) return 'pending';
  return there !== null && samePlain(there, plain, type) ? 'equal' : 'differs';
}
