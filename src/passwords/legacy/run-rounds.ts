import { setImmediate as breath } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type RoundsJob, startRounds } from './rounds.js';
import { measuredBytes } from './scheme.js';

/** Some two milliseconds. */
const sliceRounds = 1000;
/** Above this (some 20 ms) a computation goes to a thread of its own; starting one takes about as long. */
const mostRoundsHere = 10_000;
/** Of phpass and sha-crypt, where nobody asked for more. */
const usualRounds = 8192;
const workerFile = new URL('./rounds-worker.js', import.meta.url);

/**
 * A computation of old hashes that Node has no thread pool for. Short ones run here, in slices, so that requests and
 * files get their turn in between; long ones in a worker thread, where the slices are also what is left if none can be
 * started (a bundler that did not take the file along).
 */
export async function runRounds(job: RoundsJob, file: URL = workerFile): Promise<Buffer> {
  if (job.rounds > mostRoundsHere) {
    const digest = await inWorker(job, file);
    if (digest !== undefined) return digest;
  }
  const rounds = startRounds(job);
  for (;;) {
    const digest = rounds.run(sliceRounds);
    if (digest !== undefined) return digest;
    await breath();
  }
}

/**
 * Every round reads the whole password. A long one against many rounds would take longer than the floor that hides
 * which accounts have an old hash, so it matches none. A kilobyte against the usual rounds is cheap enough.
 */
export function isTooLong(password: Buffer, rounds: number, mostRounds: number): boolean {
  return password.length * rounds > measuredBytes * Math.max(mostRounds, 8 * usualRounds);
}

function inWorker(job: RoundsJob, file: URL): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    // Copies: a view would take along whatever else lies in its buffer.
    const workerData = { ...job, password: Uint8Array.from(job.password), salt: Uint8Array.from(job.salt) };
    // An error for those accounts only would tell which they are.
    const without = (): void => resolve(undefined);
    try {
      const worker = new Worker(file, { workerData, env: {}, execArgv: [] });
      worker.once('message', (digest: Uint8Array) => resolve(Buffer.from(digest)));
      worker.once('error', without).once('messageerror', without).once('exit', without);
    } catch {
      without();
    }
  });
}
