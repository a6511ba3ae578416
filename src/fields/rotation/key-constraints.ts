import { createHash } from 'node:crypto';
import { u32 } from '../../base/bytes.js';
import type { Database, Queryable } from '../../base/ports/database.js';
import { quoted } from '../../database/catalogue.js';
import { streamFiles } from '../streams/register.js';
import { keyPattern, sqlText } from './key-text.js';
import type { RotationTable } from './rotation-tables.js';
import { withoutTimeout } from './whole-table.js';

const longestName = 63;

/**
 * The name of the constraint that keeps a key out of a column: `safekeep_unused_a1b2c3d4_email`. A column's name that
 * PostgreSQL would cut off ends in eight digits of its hash instead, so that two of them stay apart.
 */
export function constraintName(keyId: number, column: string): string {
  const name = `safekeep_unused_${u32(keyId).toString('hex')}_${column}`;
  if (name.length <= longestName) return name;
  const hash = createHash('sha256').update(column).digest('hex').slice(0, 8);
  return `${name.slice(0, longestName - 9)}_${hash}`;
}

/** What keeps a key out of one table: a condition for each column, and the name of its constraint. */
export interface KeyGuard {
  readonly table: string;
  readonly checks: ReadonlyMap<string, string>;
}

export function guardOf({ name, columns, bytes }: RotationTable, keyId: number): KeyGuard {
  const checks = [...columns.keys()].map((column): [string, string] => {
    const text = sqlText(quoted(column), bytes.has(column));
    return [constraintName(keyId, column), `${text} !~ '${keyPattern(keyId)}'`];
  });
  return { table: name, checks: new Map(checks) };
}

/** No further file is entered under the key: its stream fails before the first byte is stored. */
export function streamGuard(keyId: number): KeyGuard {
  return { table: streamFiles, checks: new Map([[constraintName(keyId, 'location'), `key_id <> ${keyId}`]]) };
}

/**
 * From here on no column of the table takes a value under the key. Rows that are there are not looked at, so that the
 * lock on the table is held for a moment only; when other work keeps it for five seconds, this gives up instead of
 * making every request wait.
 * @returns the names of the constraints that were not there before
 */
export async function refuseKey(database: Database, guard: KeyGuard): Promise<readonly string[]> {
  const there = await existing(database, guard);
  const missing = [...guard.checks].filter(([name]) => !there.has(name));
  if (missing.length === 0) return [];
  const added = missing.map(([name, condition]) => `add constraint "${name}" check (${condition}) not valid`);
  await database.transaction(async (tx) => {
    await tx.query(`set local lock_timeout = '5s'`);
    await tx.query(`alter table ${quoted(guard.table)} ${added.join(', ')}`);
  });
  return missing.map(([name]) => name);
}

/** Has PostgreSQL hold every row against the constraints. Reads and writes go on meanwhile. @throws ERR_DATABASE 23514 */
export async function holdRowsAgainstKey(database: Database, { table, checks }: KeyGuard): Promise<void> {
  for (const name of checks.keys()) {
    await withoutTimeout(database, (tx) => tx.query(`alter table ${quoted(table)} validate constraint "${name}"`));
  }
}

/** Takes the constraints away again. */
export async function admitKey(database: Database, table: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const dropped = names.map((name) => `drop constraint if exists "${name}"`);
  await database.transaction(async (tx) => {
    await tx.query(`alter table ${quoted(table)} ${dropped.join(', ')}`);
  });
}

async function existing(database: Queryable, { table, checks }: KeyGuard): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ name: string }>(
    'select conname::text as name from pg_constraint where conrelid = $1::regclass and conname::text = any($2::text[])',
    [quoted(table), [...checks.keys()]],
  );
  return new Set(rows.map(({ name }) => name));
}
