import type { Clock } from './clock.js';

/**
 * Runs work whose duration would tell (is there an account, is it locked) and lets the answer leave no earlier than
 * `floorMs` after the start. The floor must lie above the dearest path; work that takes longer shows load, not accounts.
 */
export async function atFloor<T>(clock: Clock, floorMs: number, work: () => Promise<T>): Promise<T> {
  const startedMs = clock.nowMs();
  try {
    return await work();
  } finally {
    await clock.wait(floorMs - (clock.nowMs() - startedMs));
  }
}
