import { u32 } from '../../../base/bytes.js';
import {
  integerRule,
  listRule,
  objectRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../../../base/options.js';
import type { Database } from '../../../base/ports/database.js';
import { countKeys, leftOf } from '../count-keys.js';
import { indexedTables } from '../indexed-tables.js';
import { fieldsRule, type KnownFields, knownFields, type RotatableFields } from '../known-fields.js';
import { registrations, rotationTables } from '../rotation-tables.js';
import {
  addJobs,
  checkTask,
  defaultSchema,
  type QueuedJob,
  queueState,
  type RotationQueue,
  rangeTask,
} from './job-queue.js';
import { keyRanges } from './key-ranges.js';

export interface QueueRotationOptions {
  readonly database: Database;
  /** What `createFields` returned, with a policy. */
  readonly fields: RotatableFields;
  /** As for `rotateFields`. */
  readonly tables?: readonly string[] | undefined;
  /** Rows a job, 10 to 10,000,000; default 20,000: about a second of work, and what is done again after a kill. */
  readonly rangeRows?: number | undefined;
  /**
   * How often a job looks whether ranges are left that nobody works on, in seconds, 1 to 3600; default 60. A range that
   * was taken longer ago than that is handed out again, so it should take less.
   */
  readonly checkSeconds?: number | undefined;
  /** The schema of graphile-worker. Default `graphile_worker`. */
  readonly schema?: string | undefined;
}

export interface QueuedRotation {
  /** The key that everything is moved to. */
  readonly activeKeyId: number;
  readonly tables: readonly { readonly table: string; readonly left: number; readonly ranges: number }[];
  readonly ranges: number;
}

const schemaRule = withDefault(textRule({ maxLength: 63 }), defaultSchema);
const shape = {
  database: required(objectRule<Database>('query', 'transaction')),
  fields: required(fieldsRule),
  tables: optional(listRule(textRule({ maxLength: 127 }))),
  rangeRows: withDefault(integerRule({ min: 10, max: 10_000_000 }), 20_000),
  checkSeconds: withDefault(integerRule({ min: 1, max: 3600 }), 60),
  schema: schemaRule,
};

/**
 * Hands the work of `rotateFields` out to several machines: each table with values under another key, or with blind
 * indexes that may be, becomes jobs of
 * graphile-worker on the same PostgreSQL, one for each range of row keys, and workers that run `rotationTasks` do them.
 * Every range may be done twice, by two workers at once or after one was killed. Queued again, what waits is replaced,
 * and ranges of workers that are gone are handed out anew; a job of its own does that every `checkSeconds`.
 *
 * It does NOT wait: `rotationQueue` and `rotationStatus` tell how far it is. Row keys stand in the queue until a range is
 * done; a table whose key the policy lists as personal is one job and has none there.
 * @throws SafekeepError ERR_QUEUE_MISSING; as `rotateFields`
 * @example
 * const { ranges } = await queueRotation({ database, fields });
 */
export async function queueRotation(options: QueueRotationOptions): Promise<QueuedRotation> {
  const read = readOptions('queueRotation', shape, options);
  return await queueRanges(knownFields('queueRotation', read.fields), { ...read, round: 1, withIndexes: true });
}

/** How far the jobs are. @throws SafekeepError ERR_QUEUE_MISSING */
export async function rotationQueue(options: {
  readonly database: Database;
  readonly schema?: string | undefined;
}): Promise<RotationQueue> {
  const { database, schema } = readOptions('rotationQueue', { database: shape.database, schema: schemaRule }, options);
  return await queueState(database, schema);
}

export interface Queueing {
  readonly database: Database;
  readonly tables: readonly string[] | undefined;
  readonly rangeRows: number;
  readonly checkSeconds: number;
  readonly schema: string;
  /** How often these tables were handed out, this time included. */
  readonly round: number;
  /** Hands out what has nothing but indexes to be looked at, too. Once, and again for a worker that is gone. */
  readonly withIndexes?: boolean;
}

export async function queueRanges(known: KnownFields, queueing: Queueing): Promise<QueuedRotation> {
  const { database, tables: only, rangeRows, schema, round, withIndexes = false } = queueing;
  const activeKeyId = known.keys.active('fields').id;
  const indexed = withIndexes ? await indexedTables(database, known, only) : [];
  const due = indexed.filter(({ isDue }) => isDue).map(({ name }) => name);
  const indexKeyId = due.length === 0 ? null : known.keys.active('index').id;
  const jobs: QueuedJob[] = [];
  const queued: { table: string; left: number; ranges: number }[] = [];
  for (const table of await rotationTables(database, known.policy, only)) {
    const left = leftOf(await countKeys(database, table), activeKeyId);
    const indexes = due.includes(table.name);
    // What no count sees is looked at once: an index, and the hash inside of a registration.
    if (left === 0 && !indexes && (table.name !== registrations || round > 1)) continue;
    const ranges = await keyRanges(database, known.policy, table, rangeRows);
    ranges.forEach((range, at) => {
      const key = `${rangeTask}:${u32(activeKeyId).toString('hex')}:${table.name}:${at}`;
      const payload = { table: table.name, keyId: activeKeyId, indexKeyId: indexes ? indexKeyId : null, ...range };
      jobs.push({ task: rangeTask, key, payload });
    });
    queued.push(Object.freeze({ table: table.name, left, ranges: ranges.length }));
  }
  for (let first = 0; first < jobs.length; first += 1000)
    await addJobs(database, schema, jobs.slice(first, first + 1000));
  if (jobs.length > 0) await queueCheck(queueing, activeKeyId);
  return Object.freeze({ activeKeyId, tables: Object.freeze(queued), ranges: jobs.length });
}

export async function queueCheck(
  queueing: Omit<Queueing, 'database'> & { readonly database: Database },
  keyId: number,
): Promise<void> {
  const { database, tables, rangeRows, checkSeconds, schema, round } = queueing;
  const payload = { keyId, tables: tables ?? null, rangeRows, checkSeconds, round };
  await addJobs(database, schema, [{ task: checkTask, key: checkTask, payload, inSeconds: checkSeconds }]);
}
