import { type Clock, systemClock } from '../../base/clock.js';
import { type ErrorCode, isSafekeepError } from '../../base/errors.js';
import {
  anyRule,
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
import { countKeys, leftOf } from './count-keys.js';
import { fieldsRule, knownFields, type RotatableFields } from './known-fields.js';
import { paced } from './pace.js';
import { type Reseal, resealingOf } from './reseal.js';
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
  /** Rows a batch, 1 to 10,000; default 1,000. In a process that also serves requests take 200: a batch blocks it. */
  readonly batchRows?: number | undefined;
  readonly clock?: Clock | undefined;
}

export interface RotationProgress {
  readonly table: string;
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

/** Values of a column that did not open and were left as they are. */
export interface RotationFailure {
  readonly table: string;
  readonly column: string;
  readonly code: ErrorCode;
  readonly rows: number;
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
}

export interface RotationReport {
  /** The key everything was moved to. */
  readonly activeKeyId: number;
  readonly tables: readonly RotatedTable[];
  readonly changed: number;
  /** Zero and no failures: every sealed value of these tables is under the active key. */
  readonly left: number;
  readonly failures: readonly RotationFailure[];
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
 * It does NOT touch blind indexes (they have a key of their own), values that were sealed for a tenant in a table that
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
  let seen = 0;
  const walked = rowsPerSecond === undefined ? database : paced(database, clock, rowsPerSecond, () => seen);
  const batchRows = Math.min(read.batchRows, rowsPerSecond ?? read.batchRows);

  const tables: RotatedTable[] = [];
  const failures: RotationFailure[] = [];
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
          onProgress?.({ table: table.name, pass, rows, seen: progress.seen, changed, lost });
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
    const unsealed = counts.reduce((sum, column) => sum + column.unsealed, 0);
    tables.push(Object.freeze({ table: table.name, ...sums, left: leftOf(counts, activeKeyId), unsealed }));
  }
  return Object.freeze({
    activeKeyId,
    tables,
    changed: tables.reduce((sum, { changed }) => sum + changed, 0),
    left: tables.reduce((sum, { left }) => sum + left, 0),
    failures,
    complete: signal?.aborted !== true,
  });
}

/** The change of a walk, and what failed in it. A value that does not open must not keep the others under an old key. */
export function attempts(
  table: RotationTable,
  reseal: Reseal,
): { change(row: WalkedRow): WalkedChange | undefined; failures(): readonly RotationFailure[] } {
  const failed = new Map<string, Map<ErrorCode, number>>();
  return {
    change(row: WalkedRow): WalkedChange | undefined {
      const changes: Record<string, string> = {};
      for (const column of table.columns.keys()) {
        try {
          const sealed = reseal(table, column, row);
          if (sealed !== undefined) changes[column] = sealed;
        } catch (error) {
          if (!isSafekeepError(error) || !refusals.has(error.code)) throw error;
          const codes = failed.get(column) ?? new Map<ErrorCode, number>();
          failed.set(column, codes.set(error.code, (codes.get(error.code) ?? 0) + 1));
        }
      }
      return changes;
    },
    failures: (): readonly RotationFailure[] =>
      [...failed].flatMap(([column, codes]) =>
        [...codes].map(([code, rows]) => Object.freeze({ table: table.name, column, code, rows })),
      ),
  };
}

/** What says something of one value; anything else (a closed ring, a lost database) ends the rotation. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'ERR_NOT_SEALED',
  'ERR_KEY_UNKNOWN',
  'ERR_SEAL_KEY',
  'ERR_SEAL_BROKEN',
  'ERR_VALUE_TYPE',
  'ERR_ALREADY_SEALED',
  // A row without the tenant that its table declares.
  'ERR_PLACE_INVALID',
]);

function rowsOf({ keys, unsealed, nulls }: { keys: readonly { rows: number }[]; unsealed: number; nulls: number }) {
  return keys.reduce((sum, { rows }) => sum + rows, unsealed + nulls);
}
