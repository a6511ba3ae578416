import type { Clock } from './clock.js';

/**
 * Runs work whose duration would tell (is there an account, is it locked) and lets the answer leave `floorMs` after the
 * start, or at the next multiple of it. The floor should lie above the dearest path: where two paths end on either side
 * of a multiple, the time still tells them apart.
 */
export async function atFloor<T>(clock: Clock, floorMs: number, work: () => Promise<T>): Promise<T> {
  const startedMs = clock.nowMs();
  try {
    return await work();
  } finally {
    await clock.wait(restOfFloor(clock, floorMs, startedMs));
  }
}

/**
 * What is left until the floor, and behind it until its next multiple: a stranger can make the load that lifts every
 * answer above the floor, and would read the rest off the clock. Never more than the floor, also where the clock was
 * set back.
 */
export function restOfFloor(clock: Clock, floorMs: number, startedMs: number): number {
  if (floorMs === 0) return 0;
  const tookMs = Math.max(0, clock.nowMs() - startedMs);
  return Math.max(1, Math.ceil(tookMs / floorMs)) * floorMs - tookMs;
}
