import { type Clock, systemClock } from '../../base/clock.js';
import {
  anyRule,
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
} from '../../base/options.js';
import type { Database } from '../../base/ports/database.js';
import { type WalkedChange, type WalkedRow, type WalkReport, walkTable } from '../../database/index.js';
import type { IndexDuplicate } from '../duplicates.js';
import { countKeys, leftOf } from './count-keys.js';
import { failureBook, type RotationFailure } from './failures.js';
import { indexedTables } from './indexed-tables.js';
import { fieldsRule, knownFields, type RotatableFields } from './known-fields.js';
import { paced } from './pace.js';
import { type Reseal, resealingOf } from './reseal.js';
import { type RotatedIndexes, rotateIndexes } from './rotate-indexes.js';
import { type RotationTable, registrations, rotationTables } from './rotation-tables.js';

export interface RotateFieldsOptions {
  readonly database: Database;
  /** What `createFields` returned, with a policy. Values go under the key of its ring that is active. */
  readonly fields: RotatableFields;
  /** Tables of the policy, or `safekeep.registrations`. Default: all that hold sealed values. */
  readonly tables?: readonly string[] | undefined;
  /** Hears the counts after every batch. */
  readonly onProgress?: ((progress: RotationProgress) => void) | undefined;
  /** Ends the rotation between two batches. What was written stays; the next call goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Reads at most so many rows a second, 1 to 1,000,000. Default: as many as it can. */
  readonly throttle?: { readonly rowsPerSecond: number } | undefined;
  /**
   * Blind indexes, computed anew under the index key that is active. They hold no key id, so every row of a table that
   * has some is opened for it. Default: where the ring still has a decrypt-only or compromised index key, or the policy
   * names previous versions. true: in any case, false: never.
   */
  readonly indexes?: boolean | undefined;
  /** Rows a batch, 1 to 10,000; default 1,000. In a process that also serves requests take 200: a batch blocks it. */
  readonly batchRows?: number | undefined;
  readonly clock?: Clock | undefined;
}

export interface RotationProgress {
  readonly table: string;
  /** Sealed values, or behind them the blind indexes of the same table. */
  readonly work: 'values' | 'indexes';
  /** 1, and more where rows changed while they were rotated and the table is read again. */
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

export interface RotatedTable {
  readonly table: string;
  readonly passes: number;
  readonly seen: number;
  readonly changed: number;
  readonly lost: number;
  /** Values that another key still seals, counted at the end. */
  readonly left: number;
  /** Values that are not sealed at all, which rotation leaves to `import`. */
  readonly unsealed: number;
  /** Where its blind indexes were looked at. */
  readonly indexes?: RotatedIndexes;
}

export interface RotationReport {
  /** The key everything was moved to. */
  readonly activeKeyId: number;
  readonly tables: readonly RotatedTable[];
  readonly changed: number;
  /** Zero and no failures: every sealed value of these tables is under the active key. */
  readonly left: number;
  readonly failures: readonly RotationFailure[];
  /** Rows whose unique value another row has, by their keys: the first hundred of each table. */
  readonly duplicates: readonly IndexDuplicate[];
  /** False: the signal ended it early. */
  readonly complete: boolean;
}

const shape = {
  database: required(objectRule<Database>('query', 'transaction')),
  fields: required(fieldsRule),
  tables: optional(listRule(textRule({ maxLength: 127 }))),
  onProgress: optional(functionRule<(progress: RotationProgress) => void>()),
  signal: optional(objectRule<AbortSignal>('throwIfAborted')),
  throttle: withDefault(anyRule<{ readonly rowsPerSecond?: number }>(), {}),
  indexes: optional(flagRule()),
  batchRows: withDefault(integerRule({ min: 1, max: 10_000 }), 1000),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
};
const throttleShape = { rowsPerSecond: optional(integerRule({ min: 1, max: 1_000_000 })) };
/** Far more than two writers of one row ever need; a server that still seals under the old key needs a reload instead. */
const mostPasses = 20;

/**
 * Moves every sealed value, password hashes and waiting registrations among them, under the active key, while the
 * application goes on. Batches in the order of the row key; each is written by one statement that compares the old
 * bytes, which never repeat: whoever changed a row meanwhile keeps the change, and the table is read again for it.
 * Nothing is remembered between two calls. What is under the active key is left alone, so after a crash at any point,
 * kill -9 included, the same call goes on where it was; several processes may run it at once.
 *
 * Blind indexes, which have a key of their own, are computed anew where `indexes` says so, each written while the row
 * holds the sealed values it was computed from. Look-ups ask for both keys meanwhile. A row that a unique index refuses
 * keeps what it had, is found by it as before, and is told in `duplicates`.
 *
 * It does NOT touch values that were sealed for a tenant in a table that
 * declares none, stream files (`rotateStreams`), values outside the policy, and copies elsewhere: backups hold the old key's values until they are gone. A server that has not yet
 * reloaded the ring seals under the old key: `left` says so, and another call moves those.
 * @throws SafekeepError ERR_OPTION_INVALID for fields without a policy; ERR_POLICY_TABLE; ERR_WALK_KEY when a row key
 * of the policy is no unique key of the table; ERR_KEY_UNKNOWN, ERR_KEY_RING_CLOSED; what the database throws. ASVS 5.0
 * V11.2.2, V13.3.4.
 * @example
 * const report = await rotateFields({ database, fields });
 * if (report.left > 0) throw new Error('run it again');
 */
export async function rotateFields(options: RotateFieldsOptions): Promise<RotationReport> {
  const read = readOptions('rotateFields', shape, options);
  const { rowsPerSecond } = readOptions('rotateFields.throttle', throttleShape, read.throttle);
  const { database, signal, clock, onProgress } = read;
  const known = knownFields('rotateFields', read.fields);
  const activeKeyId = known.keys.active('fields').id;
  const chosen = await rotationTables(database, known.policy, read.tables);
  const { reseal } = resealingOf(known);
  const indexed = read.indexes === false ? [] : await indexedTables(database, known, read.tables);
  let seen = 0;
  const walked = rowsPerSecond === undefined ? database : paced(database, clock, rowsPerSecond, () => seen);
  const batchRows = Math.min(read.batchRows, rowsPerSecond ?? read.batchRows);

  const tables: RotatedTable[] = [];
  const failures: RotationFailure[] = [];
  const duplicates: IndexDuplicate[] = [];
  for (const table of chosen) {
    let sums = { passes: 0, seen: 0, changed: 0, lost: 0 };
    let failed: readonly RotationFailure[] = [];
    let counts = await countKeys(database, table);
    // Registrations are opened in any case: what is inside has a key of its own, which no count sees.
    let isDue = table.name === registrations || leftOf(counts, activeKeyId) > 0;
    while (isDue && sums.passes < mostPasses && signal?.aborted !== true) {
      const [first] = counts;
      const rows = first === undefined ? 0 : rowsOf(first);
      const pass = sums.passes + 1;
      const attempt = attempts(table, reseal);
      const seenBefore = seen;
      const report: WalkReport = await walkTable({
        database: walked,
        table: table.name,
        key: table.rowKey,
        columns: [...table.columns.keys(), ...table.also],
        change: attempt.change,
        batchRows,
        // Who goes slowly does not want old readings: the wait would lie between them and the writing.
        readAhead: rowsPerSecond === undefined,
        signal,
        onProgress: (progress) => {
          seen = seenBefore + progress.seen;
          const { changed, lost } = progress;
          onProgress?.({ table: table.name, work: 'values', pass, rows, seen: progress.seen, changed, lost });
        },
      });
      sums = {
        passes: pass,
        seen: sums.seen + report.seen,
        changed: sums.changed + report.changed,
        lost: sums.lost + report.lost,
      };
      failed = attempt.failures();
      counts = await countKeys(database, table);
      const failedRows = failed.reduce((sum, { rows: own }) => sum + own, 0);
      // What failed fails again: only for more than that is the table worth another reading.
      isDue = report.complete && (report.lost > 0 || leftOf(counts, activeKeyId) > failedRows);
    }
    failures.push(...failed);
    const withIndexes = indexed.find(({ name, isDue: due }) => name === table.name && (read.indexes ?? due));
    let indexes: RotatedIndexes | undefined;
    if (withIndexes !== undefined) {
      const [first] = counts;
      const rows = first === undefined ? 0 : rowsOf(first);
      let [before, lastPass] = [seen, 1];
      const report = await rotateIndexes(withIndexes, {
        database: walked,
        batchRows,
        readAhead: rowsPerSecond === undefined,
        signal,
        onProgress: ({ seen: own, changed, lost }, pass) => {
          if (pass !== lastPass) [before, lastPass] = [seen, pass];
          seen = before + own;
          onProgress?.({ table: table.name, work: 'indexes', pass, rows, seen: own, changed, lost });
        },
      });
      indexes = report.indexes;
      failures.push(...report.failures);
      duplicates.push(...report.duplicates);
    }
    const unsealed = counts.reduce((sum, column) => sum + column.unsealed, 0);
    tables.push(
      Object.freeze({
        table: table.name,
        ...sums,
        left: leftOf(counts, activeKeyId),
        unsealed,
        ...(indexes && { indexes }),
      }),
    );
  }
  return Object.freeze({
    activeKeyId,
    tables,
    changed: tables.reduce((sum, { changed, indexes }) => sum + changed + (indexes?.changed ?? 0), 0),
    left: tables.reduce((sum, { left }) => sum + left, 0),
    failures,
    duplicates,
    complete: signal?.aborted !== true,
  });
}

/** The change of a walk, and what failed in it. A value that does not open must not keep the others under an old key. */
export function attempts(
  table: RotationTable,
  reseal: Reseal,
): { change(row: WalkedRow): WalkedChange | undefined; failures(): readonly RotationFailure[] } {
  const book = failureBook(table.name);
  return {
    change(row: WalkedRow): WalkedChange | undefined {
      const changes: Record<string, string> = {};
      for (const column of table.columns.keys()) {
        try {
          const sealed = reseal(table, column, row);
          if (sealed !== undefined) changes[column] = sealed;
        } catch (error) {
          book.add(column, error);
        }
      }
      return changes;
    },
    failures: book.failures,
  };
}

function rowsOf({ keys, unsealed, nulls }: { keys: readonly { rows: number }[]; unsealed: number; nulls: number }) {
  return keys.reduce((sum, { rows }) => sum + rows, unsealed + nulls);
}
