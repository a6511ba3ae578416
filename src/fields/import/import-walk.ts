import { type Clock, systemClock } from '../../base/clock.js';
import { type ErrorCode, isSafekeepError, SafekeepError } from '../../base/errors.js';
import { nameOf } from '../../base/names.js';
import {
  anyRule,
  functionRule,
  integerRule,
  listRule,
  objectRule,
  optional,
  type Rule,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../../base/options.js';
import type { Database } from '../../base/ports/database.js';
import type { ForeignReader } from '../../base/ports/foreign-reader.js';
import { quoted } from '../../database/catalogue.js';
import { type WalkedChange, type WalkedRow, walkTable } from '../../database/index.js';
import { refusals } from '../rotation/failures.js';
import { fieldsRule, type KnownFields, knownFields, type RotatableFields } from '../rotation/known-fields.js';
import { paced } from '../rotation/pace.js';
import { withoutTimeout } from '../rotation/whole-table.js';
import { type ImportTable, importTables } from './import-tables.js';

export interface ImportProgress {
  readonly table: string;
  readonly work: 'seal' | 'verify' | 'erase' | 'revert';
  /** 1, and more where rows changed meanwhile and the table is read again. */
  readonly pass: number;
  /** Rows of the table when the pass began; more may have come since. */
  readonly rows: number;
  /** Rows read in this pass. */
  readonly seen: number;
  /** Rows written in this pass. */
  readonly changed: number;
  /** Rows that somebody else changed meanwhile, whose value stands. */
  readonly lost: number;
}

export interface ImportOptions {
  /** Connected as the owner of the tables: a trigger is added. */
  readonly database: Database;
  /** What `createFields` returned, with a policy that says `importedFrom`. */
  readonly fields: RotatableFields;
  /** Default: every table that has columns to import. */
  readonly tables?: readonly string[] | undefined;
  /** For columns that another library sealed, by `table.column`. Default: what is stored is the plaintext. */
  readonly readers?: Readonly<Record<string, ForeignReader>> | undefined;
  /** Hears the counts after every batch. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Ends the work between two batches. What was written stays; the next call goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Reads at most so many rows a second, 1 to 1,000,000. Default: as many as it can. */
  readonly throttle?: { readonly rowsPerSecond: number } | undefined;
  /** Rows a batch, 1 to 10,000; default 1,000. In a process that also serves requests take 200: a batch blocks it. */
  readonly batchRows?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Rows of a column that were left as they are, and why. Row keys are the only thing that is told of them. */
export interface ImportFailure {
  readonly table: string;
  readonly column: string;
  readonly code: ErrorCode;
  readonly rows: number;
  /** Keys of the first twenty; the parts of each in the order of the policy. */
  readonly keys: readonly (readonly string[])[];
}

export interface ImportContext {
  readonly database: Database;
  readonly known: KnownFields;
  readonly tables: readonly ImportTable[];
  readonly options: ImportOptions & { readonly clock: Clock; readonly batchRows: number };
}

/** What every step of an import is told. */
export type ImportShape = {
  readonly database: Rule<Database>;
  readonly fields: Rule<RotatableFields>;
  readonly tables: Rule<readonly string[] | undefined>;
  readonly readers: Rule<Readonly<Record<string, ForeignReader>>>;
  readonly onProgress: Rule<((progress: ImportProgress) => void) | undefined>;
  readonly signal: Rule<AbortSignal | undefined>;
  readonly throttle: Rule<{ readonly rowsPerSecond: number } | undefined>;
  readonly batchRows: Rule<number>;
  readonly clock: Rule<Clock>;
};
export const importShape: ImportShape = {
  database: required(objectRule<Database>('query', 'transaction')),
  fields: required(fieldsRule),
  tables: optional(listRule(textRule({ maxLength: 127 }))),
  readers: withDefault(objectRule<Readonly<Record<string, ForeignReader>>>(), {}),
  onProgress: optional(functionRule<(progress: ImportProgress) => void>()),
  signal: optional(objectRule<AbortSignal>('throwIfAborted')),
  throttle: optional(anyRule<{ readonly rowsPerSecond: number }>()),
  batchRows: withDefault(integerRule({ min: 1, max: 10_000 }), 1000),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
};
const throttleShape = { rowsPerSecond: required(integerRule({ min: 1, max: 1_000_000 })) };
/** Far more than two writers of one row ever need. */
export const mostPasses = 20;
const mostKeys = 20;

/** Checks what was read by `importShape`, and looks at the tables. */
export async function openImport(
  of: string,
  options: ImportContext['options'],
  afterwards = false,
): Promise<ImportContext> {
  const { database, throttle, tables: only, readers = {} } = options;
  if (throttle !== undefined) readOptions(`${of}.throttle`, throttleShape, throttle);
  const known = knownFields(of, options.fields);
  const tables = await importTables(database, known.policy, { only, readers, afterwards });
  return { database, known, tables, options };
}

/** Plaintext is taken for so long and no longer. @throws SafekeepError ERR_IMPORT_OVER */
export function assertNotOver({ tables, options }: ImportContext): void {
  for (const { name, columns } of tables) {
    for (const { name: column, until } of columns) {
      if (!isOver(until, options.clock)) continue;
      throw new SafekeepError('ERR_IMPORT_OVER', { place: nameOf(`${name}.${column}`), until: nameOf(until) });
    }
  }
}

/** Whether the whole of the last day has passed, in UTC. */
export function isOver(until: string, clock: Clock): boolean {
  return clock.nowMs() >= Date.parse(`${until}T00:00:00.000Z`) + 86_400_000;
}

export interface Walked {
  readonly passes: number;
  readonly seen: number;
  readonly changed: number;
  readonly lost: number;
  readonly failures: readonly ImportFailure[];
  readonly complete: boolean;
}

export interface TableWork {
  readonly work: ImportProgress['work'];
  /** Through which rows are written; default the database itself. */
  readonly database?: Database;
  readonly change: (row: WalkedRow, fail: Fail) => Promise<WalkedChange | undefined>;
  /** Rows of the last pass that no further pass can change: with as many lost, it ends. */
  readonly hopeless?: () => number;
  /** Before a pass: what is counted in it begins anew. */
  readonly onPass?: () => void;
}
/** Leaves a column of the row as it is and counts it. @throws what says nothing of the value itself */
export type Fail = (column: string, error: unknown) => void;

/** Walks a table, and again for rows that somebody changed meanwhile. */
export async function walkImport(context: ImportContext, table: ImportTable, work: TableWork): Promise<Walked> {
  const { options } = context;
  const { clock, signal, onProgress } = options;
  const rowsPerSecond = options.throttle?.rowsPerSecond;
  let seen = 0;
  const target = work.database ?? context.database;
  const database = rowsPerSecond === undefined ? target : paced(target, clock, rowsPerSecond, () => seen);
  const columns = columnsOf(table);
  let sums = { passes: 0, seen: 0, changed: 0, lost: 0 };
  let failures: readonly ImportFailure[] = [];
  let isDue = true;
  let complete = false;
  while (isDue && sums.passes < mostPasses && signal?.aborted !== true) {
    const rows = await rowsOf(context.database, table);
    const pass = sums.passes + 1;
    const book = failureBook(table);
    const seenBefore = seen;
    work.onPass?.();
    const report = await walkTable({
      database,
      table: table.name,
      key: table.rowKey,
      columns,
      // Also what is not written: the plaintext that the sealed value was made of must still be there.
      compare: columns,
      change: (row) => work.change(row, (column, error) => book.add(row, column, error)),
      batchRows: Math.min(options.batchRows, rowsPerSecond ?? options.batchRows),
      signal,
      onProgress: (progress) => {
        seen = seenBefore + progress.seen;
        const { changed, lost } = progress;
        onProgress?.({ table: table.name, work: work.work, pass, rows, seen: progress.seen, changed, lost });
      },
    });
    sums = {
      passes: pass,
      seen: sums.seen + report.seen,
      changed: sums.changed + report.changed,
      lost: sums.lost + report.lost,
    };
    failures = book.failures();
    complete = report.complete;
    isDue = complete && report.lost > (work.hopeless?.() ?? 0);
  }
  return { ...sums, failures, complete: complete && signal?.aborted !== true };
}

/** Everything of a row that an import reads, and holds against the row again before it writes. */
function columnsOf({ columns, sealedRow, indexes, beside, tenant, rowKey }: ImportTable): readonly string[] {
  const all = new Set([
    ...(sealedRow === undefined ? columns.map(({ name }) => name) : [sealedRow]),
    ...columns.filter(({ sourceExists }) => sourceExists).map(({ source }) => source),
    ...indexes.map(({ column }) => column),
    ...beside.map(({ name }) => name),
    ...(tenant === undefined || rowKey.includes(tenant) ? [] : [tenant]),
  ]);
  return [...all];
}

async function rowsOf(database: Database, { name }: ImportTable): Promise<number> {
  const counted = await withoutTimeout(database, (tx) =>
    tx.one<{ rows: string }>(`select count(*) as rows from ${quoted(name)}`),
  );
  return Number(counted.rows);
}

const importRefusals: ReadonlySet<ErrorCode> = new Set([...refusals, 'ERR_IMPORT_STATE']);

function failureBook({ name, rowKey }: ImportTable) {
  const counts = new Map<string, { column: string; code: ErrorCode; rows: number; keys: (readonly string[])[] }>();
  return {
    add(row: WalkedRow, column: string, error: unknown): void {
      if (!isSafekeepError(error) || !importRefusals.has(error.code)) throw error;
      const { code } = error;
      const found = counts.get(`${column} ${code}`) ?? { column, code, rows: 0, keys: [] };
      found.rows += 1;
      if (found.keys.length < mostKeys) found.keys.push(rowKey.map((part) => row[part] ?? ''));
      counts.set(`${column} ${code}`, found);
    },
    failures: (): readonly ImportFailure[] => [...counts.values()].map((own) => Object.freeze({ table: name, ...own })),
  };
}
