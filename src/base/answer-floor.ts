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
    await clock.wait(restOfFloor(clock, floorMs, startedMs));
  }
}

/** What is left of the floor. Never more than the floor: a clock that was set back must not hold answers for an hour. */
export function restOfFloor(clock: Clock, floorMs: number, startedMs: number): number {
  return floorMs - Math.max(0, clock.nowMs() - startedMs);
}
