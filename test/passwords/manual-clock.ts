import type { Clock } from '../../src/base/clock.js';

/** A clock that moves when told to. */
export interface ManualClock extends Clock {
  advance(ms: number): Promise<void>;
}

export function manualClock(startMs = 1_000_000): ManualClock {
  let now = startMs;
  const waiting: { readonly atMs: number; readonly wake: () => void }[] = [];
  return {
    nowMs: () => now,
    wait: (ms) => new Promise((wake) => waiting.push({ atMs: now + ms, wake })),
    async advance(ms) {
      now += ms;
      for (const { atMs, wake } of waiting) if (atMs <= now) wake();
      await settled();
    },
  };
}

/** Lets everything that can go on without time passing go on. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
