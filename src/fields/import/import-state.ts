import { SafekeepError } from '../../base/errors.js';
import { nameOf } from '../../base/names.js';
import type { Database, Queryable } from '../../base/ports/database.js';
import { migrate } from '../../database/index.js';
import type { ImportTable } from './import-tables.js';

/**
 * `importing`: plaintext is being sealed. `verified`: every sealed value was opened and equals its plaintext.
 * `confirming`: plaintext is being taken away. `confirmed`: it is gone. `reverted`: the sealed values are.
 */
export type ImportState = 'importing' | 'verified' | 'confirming' | 'confirmed' | 'reverted';

interface Stored {
  readonly [column: string]: unknown;
  readonly name: string;
  readonly state: ImportState;
}

/** The states of a table's columns; none before its import began. */
export async function statesOf(database: Queryable, table: ImportTable): Promise<ReadonlyMap<string, ImportState>> {
  const { there } = await database.one<{ there: boolean }>(
    `select to_regclass('safekeep.imports') is not null as there`,
  );
  if (!there) return new Map();
  const rows = await database.query<Stored>(
    'select in_column as name, state from safekeep.imports where in_table = $1 and in_column = any($2::text[])',
    [table.name, table.columns.map(({ name }) => name)],
  );
  return new Map(rows.map(({ name, state }) => [name, state]));
}

/** @throws SafekeepError ERR_IMPORT_STATE naming the first column whose state does not allow what is to be done */
export async function assertState(
  database: Queryable,
  table: ImportTable,
  allowed: readonly (ImportState | 'none')[],
): Promise<void> {
  const states = await statesOf(database, table);
  for (const { name } of table.columns) {
    const state = states.get(name) ?? 'none';
    if (!allowed.includes(state)) {
      const place = nameOf(`${table.name}.${name}`);
      throw new SafekeepError('ERR_IMPORT_STATE', { place, state: nameOf(state), needed: allowed.map(nameOf) });
    }
  }
}

/** Begins, or goes on: what was verified before stays so until a row is written. */
export async function beginImport(database: Database, table: ImportTable): Promise<void> {
  await migrate(database);
  await database.query(
    `insert into safekeep.imports (in_table, in_column, source, state)
     select $1, c.name, c.source, 'importing' from unnest($2::text[], $3::text[]) as c(name, source)
     on conflict (in_table, in_column) do update set source = excluded.source, state = 'importing', started_at = now()
      where imports.state = 'reverted'`,
    [table.name, table.columns.map(({ name }) => name), table.columns.map(({ source }) => source)],
  );
}

/** From one of the states `from`; others stay as they are. */
export async function setState(
  database: Queryable,
  table: ImportTable,
  from: readonly ImportState[],
  to: ImportState,
): Promise<void> {
  await database.query(
    `update safekeep.imports
        set state = $1, verified_at = case $1 when 'verified' then now() when 'importing' then null else verified_at end,
            confirmed_at = case $1 when 'confirmed' then now() end
      where in_table = $2 and in_column = any($3::text[]) and state = any($4::text[])`,
    [to, table.name, table.columns.map(({ name }) => name), from],
  );
}
