import { setImmediate as breath } from 'node:timers/promises';
import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import {
  flagRule,
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
  /** How many rows are with `change` at once, 1 to 64; default 1. For changes that wait for something. */
  readonly concurrency?: number | undefined;
  /** Rows a batch, 1 to 10,000; default 1,000. In a process that also serves requests take 200: a batch blocks it. */
  readonly batchRows?: number | undefined;
  /**
   * Reads and changes the next batch while one is written. Faster, and a row is a batch longer between its reading and
   * its writing, where somebody else may change it. Default true.
   */
  readonly readAhead?: boolean | undefined;
  /** Starts behind this key (`last` of an earlier report). */
  readonly after?: readonly string[] | undefined;
  /** Ends with this key, its row included: a part of the table that others walk the rest of. */
  readonly until?: readonly string[] | undefined;
  /** Hears the counts after every batch. */
  readonly onProgress?: ((progress: WalkProgress) => void) | undefined;
  /** Ends the walk between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** Between two breaths: some milliseconds of sealing. */
const breathRows = 128;

const names = listRule(textRule({ maxLength: 63 }));
const shape = {
  database: required(objectRule<Database>('query')),
  table: required(textRule({ maxLength: 127 })),
  key: required(names),
  columns: required(names),
  compare: withDefault(names, []),
  change: required(functionRule<WalkTableOptions['change']>()),
  concurrency: withDefault(integerRule({ min: 1, max: 64 }), 1),
  batchRows: withDefault(integerRule({ min: 1, max: 10_000 }), 1000),
  readAhead: withDefault(flagRule(), true),
  after: optional(listRule(textRule({ minLength: 0, maxLength: 100_000 }))),
  until: optional(listRule(textRule({ minLength: 0, maxLength: 100_000 }))),
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
  const o = readOptions('walkTable', shape, options);
  const { database, table, key, columns, compare, change, concurrency, batchRows, readAhead } = o;
  const { after, until, onProgress, signal } = o;
  const types = await columnTypes(database, table, [...key, ...columns]);
  if (columns.some((column) => key.includes(column)) || !(await uniqueKey(database, table, key))) {
    throw new SafekeepError('ERR_WALK_KEY', { table: nameOf(table), key: key.map(nameOf) });
  }
  refuseOthers(table, columns, compare);
  const read = reader(table, key, columns, types, batchRows, until !== undefined);
  let progress: WalkProgress = { seen: 0, changed: 0, lost: 0, last: after };
  const readBehind = (last: readonly string[] | undefined): Promise<readonly WalkedRow[]> =>
    heard(database.query<WalkedRow>(read(last !== undefined), [...(last ?? []), ...(until ?? [])]));
  /** Writes a batch and only then counts it. */
  async function writeAll(rows: readonly WalkedRow[], changes: ReadonlyMap<string, Changed[]>): Promise<void> {
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
      last: keyOf(rows),
    };
    onProgress?.(progress);
  }
  function keyOf(rows: readonly WalkedRow[]): readonly string[] {
    const end = rows.at(-1);
    return key.map((column) => end?.[column] ?? '');
  }

  const isAborted = (): boolean => signal?.aborted === true;
  if (isAborted()) return { ...progress, complete: false };
  // While the database writes one batch, the next is read and changed here: neither waits for the other's processor.
  let reading = readBehind(after);
  let writing: Promise<void> = Promise.resolve();
  try {
    while (!isAborted()) {
      const rows = await reading;
      const isLast = rows.length < batchRows;
      if (!isLast && readAhead) reading = readBehind(keyOf(rows));
      const changes = new Map<string, Changed[]>();
      const all = concurrency === 1 ? undefined : await changedTogether(rows, concurrency, change);
      for (const [index, row] of rows.entries()) {
        // What was asked of the database is sent, and what came is read, only when the event loop comes round.
        if (index % breathRows === 0) await breath();
        const wanted = all === undefined ? await change(row) : all[index];
        if (wanted === undefined) continue;
        // In the order of `columns`, so that equal sets of columns meet in one statement.
        const changed = columns.filter((column) => Object.hasOwn(wanted, column) && wanted[column] !== row[column]);
        refuseOthers(table, columns, Object.keys(wanted));
        if (changed.length === 0) continue;
        const group = changes.get(changed.join('\0')) ?? [];
        group.push({ row, wanted });
        changes.set(changed.join('\0'), group);
      }
      await writing;
      if (isAborted()) break;
      if (rows.length > 0) writing = heard(writeAll(rows, changes));
      if (isLast || !readAhead) await writing;
      if (isLast) return { ...progress, complete: true };
      if (!readAhead && !isAborted()) reading = readBehind(keyOf(rows));
    }
  } finally {
    // Whatever ends the walk, nothing of it is still writing afterwards.
    await Promise.allSettled([writing, reading]);
  }
  await writing;
  return { ...progress, complete: false };
}

/** In the order of the rows. After a throw no further row is begun. */
async function changedTogether(
  rows: readonly WalkedRow[],
  concurrency: number,
  change: WalkTableOptions['change'],
): Promise<readonly (WalkedChange | undefined)[]> {
  const changes = new Array<WalkedChange | undefined>(rows.length);
  const rest = rows.entries();
  let failed = false;
  async function work(): Promise<void> {
    for (const [index, row] of rest) {
      if (failed) return;
      try {
        changes[index] = await change(row);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
  return changes;
}

/** A promise that is awaited later. Until then its failure is nobody's, and must not end the process. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
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
function reader(
  table: string,
  key: readonly string[],
  columns: readonly string[],
  types: Types,
  batchRows: number,
  ends: boolean,
) {
  const list = [...key, ...columns].map((column) => `${asText(column, types)} as ${quoted(column)}`).join(', ');
  // Ordered by the table's own columns: the bare names would mean their text forms, where 10 comes before 9.
  const order = key.map((column) => `t.${quoted(column)}`).join(', ');
  const bound = (from: number) => key.map((column, index) => `$${from + index}::text::${types.get(column)}`).join(', ');
  return (behind: boolean) => {
    const start = behind ? [`(${order}) > (${bound(1)})`] : [];
    const end = ends ? [`(${order}) <= (${bound(behind ? key.length + 1 : 1)})`] : [];
    const where = start.length + end.length === 0 ? '' : `where ${[...start, ...end].join(' and ')}`;
    return `select ${list} from ${quoted(table)} t ${where} order by ${order} limit ${batchRows}`;
  };
}

/** Bytes in hex by name: their bare text form is a setting of the server, the role or the session. */
function asText(column: string, types: Types): string {
  const name = `t.${quoted(column)}`;
  return types.get(column) === 'bytea' ? `('\\x' || encode(${name}, 'hex'))` : `${name}::text`;
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
       and ${compared.map((column, index) => `${asText(column, types)} is not distinct from ${old(index)}`).join(' and ')}
    returning 1 as one`;
  return (await database.query<Row>(sql, values)).length;
}

/** A misspelt column would be left as it is, in silence, in every row. */
function refuseOthers(table: string, columns: readonly string[], wanted: readonly string[]): void {
  const other = wanted.find((column) => !columns.includes(column));
  if (other !== undefined) throw new SafekeepError('ERR_WALK_COLUMN', { table: nameOf(table), column: nameOf(other) });
}
