import { isSafekeepError, SafekeepError } from '../../../base/errors.js';
import { nameOf } from '../../../base/names.js';
import type { Queryable, Row } from '../../../base/ports/database.js';
import { quoted } from '../../../database/catalogue.js';

/** graphile-worker's own schema, unless it was told another. */
export const defaultSchema = 'graphile_worker';
export const rangeTask = 'safekeep.rotate';
export const checkTask = 'safekeep.rotate.check';

export interface QueuedJob {
  readonly task: typeof rangeTask | typeof checkTask;
  /** A job of the same key that waits is replaced; one that runs goes on, and this one comes beside it. */
  readonly key: string;
  readonly payload: Row;
  /** From now. Default 0. */
  readonly inSeconds?: number;
}

/** By graphile-worker's own SQL function: whoever queues needs its tables and not its package. */
export async function addJobs(database: Queryable, schema: string, jobs: readonly QueuedJob[]): Promise<void> {
  if (jobs.length === 0) return;
  const sql = `
    select count(${quoted(schema)}.add_job(u.task, payload := u.payload::json, job_key := u.key, max_attempts := 10,
                 run_at := now() + make_interval(secs => u.seconds)))
      from unnest($1::text[], $2::text[], $3::text[], $4::float8[]) as u(task, key, payload, seconds)`;
  await asked(() =>
    database.query(sql, [
      jobs.map(({ task }) => task),
      jobs.map(({ key }) => key),
      jobs.map(({ payload }) => JSON.stringify(payload)),
      jobs.map(({ inSeconds = 0 }) => inSeconds),
    ]),
  );
}

export interface RotationQueue {
  /** Ranges that no worker has taken yet, or that are tried again later. */
  readonly waiting: number;
  /** Ranges that a worker has taken; a worker that was killed keeps its range until it is queued again. */
  readonly running: number;
  /** Ranges that were tried ten times. */
  readonly failed: number;
  /** Seconds since the range that runs longest was taken. */
  readonly longestSeconds: number;
}

/** Jobs that were replaced while they ran have lost their key: they are counted no more. */
export async function queueState(database: Queryable, schema: string): Promise<RotationQueue> {
  const sql = `
    select count(*) filter (where locked_at is null and attempts < max_attempts)::int as waiting,
           count(*) filter (where locked_at is not null)::int as running,
           count(*) filter (where locked_at is null and attempts >= max_attempts)::int as failed,
           coalesce(extract(epoch from now() - min(locked_at)), 0)::float8 as seconds
      from ${quoted(schema)}.jobs where task_identifier = $1 and key is not null`;
  const [found] = await asked(() =>
    database.query<{ waiting: number; running: number; failed: number; seconds: number }>(sql, [rangeTask]),
  );
  const { waiting = 0, running = 0, failed = 0, seconds = 0 } = found ?? {};
  return Object.freeze({ waiting, running, failed, longestSeconds: Math.floor(seconds) });
}

/** Neither schema, view nor function: nobody has started graphile-worker on this database yet. */
const missing: ReadonlySet<unknown> = new Set(['3F000', '42P01', '42883']);

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isSafekeepError(error, 'ERR_DATABASE') || !missing.has(error.facts['sqlState'])) throw error;
    throw new SafekeepError('ERR_QUEUE_MISSING', { install: nameOf('graphile-worker@0.16') });
  }
}
