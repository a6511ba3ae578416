import { type Clock, systemClock } from '../../../base/clock.js';
import { SafekeepError } from '../../../base/errors.js';
import { nameOf, say } from '../../../base/names.js';
import {
  anyRule,
  functionRule,
  integerRule,
  objectRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../../../base/options.js';
import type { Database } from '../../../base/ports/database.js';
import { walkTable } from '../../../database/index.js';
import type { KeyRing } from '../../../keys/index.js';
import { countKeys, leftOf } from '../count-keys.js';
import type { RotationFailure } from '../failures.js';
import { indexedTables } from '../indexed-tables.js';
import { fieldsRule, type KnownFields, knownFields, type RotatableFields } from '../known-fields.js';
import { paced } from '../pace.js';
import { resealingOf } from '../reseal.js';
import { attempts } from '../rotate-fields.js';
import { type RotatedIndexes, rotateIndexes } from '../rotate-indexes.js';
import { rotationTables } from '../rotation-tables.js';
import { checkTask, defaultSchema, queueState, rangeTask } from './job-queue.js';
import type { KeyRange } from './key-ranges.js';
import { queueCheck, queueRanges } from './queue-rotation.js';

export interface RotationTasksOptions {
  readonly database: Database;
  /** What `createFields` returned, with a policy, over the ring of this machine. */
  readonly fields: RotatableFields;
  /** Reads at most so many rows a second in each job, 1 to 1,000,000. Default: as many as it can. */
  readonly throttle?: { readonly rowsPerSecond: number } | undefined;
  /** Rows a batch, 1 to 10,000; default 1,000. */
  readonly batchRows?: number | undefined;
  /** Hears of every range that was done. */
  readonly onRange?: ((range: RotatedRange) => void) | undefined;
  /** The schema of graphile-worker. Default `graphile_worker`. */
  readonly schema?: string | undefined;
  readonly clock?: Clock | undefined;
}

export interface RotatedRange {
  readonly table: string;
  readonly seen: number;
  readonly changed: number;
  readonly lost: number;
  /** Values that did not open and stay as they are: no further try would help them. */
  readonly failures: readonly RotationFailure[];
  /** Where the blind indexes of the range were looked at, too. */
  readonly indexes?: RotatedIndexes;
}

/** A task of graphile-worker, as far as these need it. */
export type RotationTask = (
  payload: unknown,
  helpers?: { readonly abortSignal?: AbortSignal | undefined },
) => Promise<void>;

const shape = {
  database: required(objectRule<Database>('query', 'transaction')),
  fields: required(fieldsRule),
  throttle: withDefault(anyRule<{ readonly rowsPerSecond?: number }>(), {}),
  batchRows: withDefault(integerRule({ min: 1, max: 10_000 }), 1000),
  onRange: optional(functionRule<(range: RotatedRange) => void>()),
  schema: withDefault(textRule({ maxLength: 63 }), defaultSchema),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
};
const throttleShape = { rowsPerSecond: optional(integerRule({ min: 1, max: 1_000_000 })) };
const mostPasses = 20;
/** Ranges that were handed out so often and are not done hold values that do not open. */
const mostRounds = 5;

/**
 * The tasks of `queueRotation` for graphile-worker's task list. A range that was done in part is done again from its
 * start, which costs a reading; a worker whose ring is behind reads it again, and puts the job off when that is not
 * enough. They use the database they are given, not the worker's connection.
 *
 * An error that fails a job is kept by graphile-worker in its table and its log: ours name codes, tables and keys, never
 * a value.
 * @throws SafekeepError ERR_OPTION_INVALID for fields without a policy; the tasks, so that the job is tried again:
 * ERR_KEY_UNKNOWN, ERR_KEY_STATE for a key that this ring does not seal with yet, and what `rotateFields` throws
 * @example
 * import { run } from 'graphile-worker';
 * await run({ connectionString, taskList: { ...rotationTasks({ database, fields }) }, concurrency: 1 });
 */
export function rotationTasks(options: RotationTasksOptions): Readonly<Record<string, RotationTask>> {
  const read = readOptions('rotationTasks', shape, options);
  const { rowsPerSecond } = readOptions('rotationTasks.throttle', throttleShape, read.throttle);
  const known = knownFields('rotationTasks', read.fields);
  const { database, schema, onRange, clock } = read;
  const batchRows = Math.min(read.batchRows, rowsPerSecond ?? read.batchRows);

  async function range(payload: unknown, signal: AbortSignal | undefined): Promise<RotatedRange> {
    const { table: name, keyId, indexKeyId, after, until } = rangeOf(payload);
    await worksWith(known.keys, 'fields', keyId);
    if (indexKeyId !== null) await worksWith(known.keys, 'index', indexKeyId);
    const [table] = await rotationTables(database, known.policy, [name]);
    if (table === undefined) throw wrongPayload();
    const { reseal } = resealingOf(known);
    let sums = { seen: 0, changed: 0, lost: 0 };
    let seen = 0;
    const walked = rowsPerSecond === undefined ? database : paced(database, clock, rowsPerSecond, () => seen);
    for (let pass = 1; ; pass += 1) {
      const attempt = attempts(table, reseal);
      const before = seen;
      const report = await walkTable({
        database: walked,
        table: table.name,
        key: table.rowKey,
        columns: [...table.columns.keys(), ...table.also],
        change: attempt.change,
        batchRows,
        after: after ?? undefined,
        until: until ?? undefined,
        signal,
        onProgress: (progress) => {
          seen = before + progress.seen;
        },
      });
      sums = {
        seen: sums.seen + report.seen,
        changed: sums.changed + report.changed,
        lost: sums.lost + report.lost,
      };
      // A worker that is told to stop leaves the job to be tried again.
      if (!report.complete) signal?.throwIfAborted();
      if (report.lost > 0 && pass < mostPasses) continue;
      const failures = [...attempt.failures()];
      const [indexed] = indexKeyId === null ? [] : await indexedTables(database, known, [name]);
      if (indexed === undefined) return Object.freeze({ table: name, ...sums, failures });
      const bounds = { after: after ?? undefined, until: until ?? undefined };
      const rotated = await rotateIndexes(indexed, { database: walked, batchRows, ...bounds, signal });
      if (!rotated.complete) signal?.throwIfAborted();
      failures.push(...rotated.failures);
      return Object.freeze({ table: name, ...sums, failures, indexes: rotated.indexes });
    }
  }

  return Object.freeze({
    [rangeTask]: async (payload, helpers) => {
      const done = await range(payload, helpers?.abortSignal);
      onRange?.(done);
    },
    [checkTask]: async (payload) => {
      const { keyId, tables, ...again } = checkOf(payload);
      await worksWith(known.keys, 'fields', keyId);
      const queueing = { database, schema, tables: tables ?? undefined, ...again };
      const { waiting, running, longestSeconds } = await queueState(database, schema);
      const isOpen = waiting + running > 0;
      // What a killed worker was at may have been indexes, of which no count tells whether they are done.
      if (!isOpen && !(await somethingLeft(known, database, queueing.tables))) return;
      const isBusy = waiting > 0 || (running > 0 && longestSeconds < again.checkSeconds);
      if (isBusy) await queueCheck(queueing, keyId);
      else if (again.round < mostRounds)
        await queueRanges(known, { ...queueing, round: again.round + 1, withIndexes: isOpen });
    },
  } satisfies Record<string, RotationTask>);
}

/** @throws SafekeepError ERR_KEY_UNKNOWN, ERR_KEY_STATE where this process would move values to an older key */
async function worksWith(keys: KeyRing, purpose: 'fields' | 'index', keyId: number): Promise<void> {
  if (keys.active(purpose).id === keyId) return;
  await keys.reload();
  const key = keys.list().find(({ id }) => id === keyId);
  if (key === undefined) throw new SafekeepError('ERR_KEY_UNKNOWN', { keyId });
  const { state } = key;
  // Any other state: a newer key is active, and the values go there.
  if (state === 'staged') throw new SafekeepError('ERR_KEY_STATE', { keyId, state: nameOf(state) });
}

async function somethingLeft(
  known: KnownFields,
  database: Database,
  only: readonly string[] | undefined,
): Promise<boolean> {
  const { id } = known.keys.active('fields');
  for (const table of await rotationTables(database, known.policy, only))
    if (leftOf(await countKeys(database, table), id) > 0) return true;
  return false;
}

interface RangePayload extends KeyRange {
  readonly table: string;
  readonly keyId: number;
  /** null: its indexes are left alone. */
  readonly indexKeyId: number | null;
}

/** Who can write to the queue can write anything into it. Jobs of before indexes were moved name no key for them. */
function rangeOf(payload: unknown): RangePayload {
  const { table, keyId, indexKeyId = null, after, until } = (payload ?? {}) as Partial<RangePayload>;
  const known = isKeyId(keyId) && (indexKeyId === null || isKeyId(indexKeyId));
  if (typeof table !== 'string' || !known || !isBound(after) || !isBound(until)) throw wrongPayload();
  return { table, keyId, indexKeyId, after, until };
}

interface CheckPayload {
  readonly keyId: number;
  readonly tables: readonly string[] | null;
  readonly rangeRows: number;
  readonly checkSeconds: number;
  readonly round: number;
}

function checkOf(payload: unknown): CheckPayload {
  const { keyId, tables, rangeRows, checkSeconds, round } = (payload ?? {}) as Partial<CheckPayload>;
  const counts = [rangeRows, checkSeconds, round].every(
    (count) => Number.isSafeInteger(count) && (count as number) > 0,
  );
  if (!counts || !isKeyId(keyId) || !isBound(tables)) throw wrongPayload();
  return { keyId, tables, rangeRows, checkSeconds, round } as CheckPayload;
}

function isKeyId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isBound(value: unknown): value is readonly string[] | null {
  return value === null || (Array.isArray(value) && value.every((part) => typeof part === 'string'));
}

function wrongPayload(): SafekeepError {
  return new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf('rotationTasks'),
    option: nameOf('payload'),
    expected: say`a job of queueRotation`,
  });
}
