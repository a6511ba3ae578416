import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import {
  functionRule,
  integerRule,
  listRule,
  objectRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { Database, Queryable, Row } from '../base/ports/database.js';
import { columnTypes, quoted, uniqueKey } from './catalogue.js';

/** One row of the walk: its key and the asked columns, as PostgreSQL writes them in text; null is NULL. */
export type WalkedRow = Readonly<Record<string, string | null>>;
/** New values of some of the asked columns. */
export type WalkedChange = Readonly<Record<string, string | null>>;

export interface WalkProgress {
  /** Rows that were read. */
  readonly seen: number;
  /** Rows that were written. */
  readonly changed: number;
  /** Rows that somebody else changed or removed between the read and the write; theirs stands. Walk again for them. */
  readonly lost: number;
  /** The key of the last row that was read, to go on `after` it. */
  readonly last?: readonly string[] | undefined;
}

export interface WalkReport extends WalkProgress {
  /** False: the signal ended it early. */
  readonly complete: boolean;
}

export interface WalkTableOptions {
  readonly database: Database;
  /** `orders`, or `billing.orders`. */
  readonly table: string;
  /** The columns of the primary key, or of a unique index without nulls, in any order. */
  readonly key: readonly string[];
  /** The columns to read and, where `change` says so, to write; none of the key. */
  readonly columns: readonly string[];
  /** Those of the columns that are compared too when another one of the row is written. Default: only what is written. */
  readonly compare?: readonly string[] | undefined;
  /** The new values of a row, or undefined to leave it. What it throws ends the walk. */
  readonly change: (row: WalkedRow) => WalkedChange | undefined | Promise<WalkedChange | undefined>;
  /** Rows a batch, 1 to 10,000; default 1,000. In a process that also serves requests take 200: a batch blocks it. */
  readonly batchRows?: number | undefined;
  /** Starts behind this key (`last` of an earlier report). */
  readonly after?: readonly string[] | undefined;
  /** Hears the counts after every batch. */
  readonly onProgress?: ((progress: WalkProgress) => void) | undefined;
  /** Ends the walk between two batches. */
  readonly signal?: AbortSignal | undefined;
}

const names = listRule(textRule({ maxLength: 63 }));
const shape = {
  database: required(objectRule<Database>('query')),
  table: required(textRule({ maxLength: 127 })),
  key: required(names),
  columns: required(names),
  compare: withDefault(names, []),
  change: required(functionRule<WalkTableOptions['change']>()),
  batchRows: withDefault(integerRule({ min: 1, max: 10_000 }), 1000),
  after: optional(listRule(textRule({ minLength: 0, maxLength: 100_000 }))),
  onProgress: optional(functionRule<(progress: WalkProgress) => void>()),
  signal: optional(objectRule<AbortSignal>('throwIfAborted')),
};

/**
 * Rewrites columns of a whole table while the application goes on: for sealing what was stored in the clear, and for
 * new keys. Reads batches in the order of the key and writes each by one statement that compares the old values: a row
 * that somebody changed meanwhile is left as it is and counted as lost. Every part may therefore run twice, and several
 * walkers may share a table.
 *
 * It does NOT see rows that are inserted behind it, nor one whose key moves behind it. Rows written while it runs must
 * come in the new form already.
 *
 * @throws SafekeepError ERR_WALK_KEY (the columns are no unique key without nulls), ERR_DATABASE (no such table or
 * column), ERR_OPTION_INVALID; whatever `change` throws
 * @example
 * const report = await walkTable({
 *   database, table: 'orders', key: ['id'], columns: ['note'],
 *   change: ({ note }) => (note === null ? undefined : { note: note.trim() }),
 * });
 */
export async function walkTable(options: WalkTableOptions): Promise<WalkReport> {
  const read = readOptions('walkTable', shape, options);
  const { database, table, key, columns, compare, change, batchRows, after, onProgress, signal } = read;
  const types = await columnTypes(database, table, [...key, ...columns]);
  if (columns.some((column) => key.includes(column)) || !(await uniqueKey(database, table, key))) {
    throw new SafekeepError('ERR_WALK_KEY', { table: nameOf(table), key: key.map(nameOf) });
  }
  refuseOthers(table, columns, compare);
  const batch = reader(table, key, columns, types, batchRows);
  let progress: WalkProgress = { seen: 0, changed: 0, lost: 0, last: after };
  while (signal?.aborted !== true) {
    const rows = await database.query<WalkedRow>(batch(progress.last !== undefined), progress.last);
    const end = rows.at(-1);
    if (end === undefined) return { ...progress, complete: true };
    const changes = new Map<string, Changed[]>();
    for (const row of rows) {
      const wanted = await change(row);
      if (wanted === undefined) continue;
      // In the order of `columns`, so that equal sets of columns meet in one statement.
      const changed = columns.filter((column) => Object.hasOwn(wanted, column) && wanted[column] !== row[column]);
      refuseOthers(table, columns, Object.keys(wanted));
      if (changed.length === 0) continue;
      const group = changes.get(changed.join('\0')) ?? [];
      group.push({ row, wanted });
      changes.set(changed.join('\0'), group);
    }
    let [attempted, written] = [0, 0];
    for (const [set, group] of changes) {
      attempted += group.length;
      const changed = set.split('\0');
      const compared = [...changed, ...compare.filter((column) => !changed.includes(column))];
      written += await write(database, { table, key, changed, compared, types }, group);
    }
    progress = {
      seen: progress.seen + rows.length,
      changed: progress.changed + written,
      lost: progress.lost + attempted - written,
      last: key.map((column) => end[column] ?? ''),
    };
    onProgress?.(progress);
    if (rows.length < batchRows) return { ...progress, complete: true };
  }
  return { ...progress, complete: false };
}

interface Changed {
  readonly row: WalkedRow;
  readonly wanted: WalkedChange;
}
type Types = ReadonlyMap<string, string>;
interface Written {
  readonly table: string;
  readonly key: readonly string[];
  readonly changed: readonly string[];
  /** What is compared: what is written, and what else must still be as it was read. */
  readonly compared: readonly string[];
  readonly types: Types;
}

/** Everything in text form: a Date would lose microseconds, a number digits, and the comparison would never match. */
function reader(table: string, key: readonly string[], columns: readonly string[], types: Types, batchRows: number) {
  const list = [...key, ...columns].map((column) => `${quoted(column)}::text as ${quoted(column)}`).join(', ');
  // Ordered by the table's own columns: the bare names would mean their text forms, where 10 comes before 9.
  const order = key.map((column) => `t.${quoted(column)}`).join(', ');
  const start = key.map((column, index) => `$${index + 1}::text::${types.get(column)}`).join(', ');
  return (behind: boolean) =>
    `select ${list} from ${quoted(table)} t ${behind ? `where (${order}) > (${start})` : ''} order by ${order} limit ${batchRows}`;
}

/** One statement for all rows that change the same columns. @returns how many were still as they had been read */
async function write(
  database: Queryable,
  { table, key, changed, compared, types }: Written,
  group: readonly Changed[],
): Promise<number> {
  const values = [
    ...key.map((column) => group.map(({ row }) => row[column])),
    ...compared.map((column) => group.map(({ row }) => row[column])),
    ...changed.map((column) => group.map(({ wanted }) => wanted[column])),
  ];
  const old = (index: number) => `n.c${key.length + index}`;
  const fresh = (index: number) => `n.c${key.length + compared.length + index}`;
  const sql = `
    update ${quoted(table)} t
       set ${changed.map((column, index) => `${quoted(column)} = ${fresh(index)}::${types.get(column)}`).join(', ')}
      from unnest(${values.map((_, index) => `$${index + 1}::text[]`).join(', ')})
        as n(${values.map((_, index) => `c${index}`).join(', ')})
     where ${key.map((column, index) => `t.${quoted(column)} = n.c${index}::${types.get(column)}`).join(' and ')}
       and ${compared.map((column, index) => `t.${quoted(column)}::text is not distinct from ${old(index)}`).join(' and ')}
    returning 1 as one`;
  return (await database.query<Row>(sql, values)).length;
}

/** A misspelt column would be left as it is, in silence, in every row. */
function refuseOthers(table: string, columns: readonly string[], wanted: readonly string[]): void {
  const other = wanted.find((column) => !columns.includes(column));
  if (other !== undefined) throw new SafekeepError('ERR_WALK_COLUMN', { table: nameOf(table), column: nameOf(other) });
}
