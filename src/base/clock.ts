import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as timer } from 'node:timers/promises';

/** Time comes in through the door, so that tests never sleep. */
export interface Clock {
  /** Milliseconds since 1970, as Date.now(). */
  nowMs(): number;
  /**
   * Resolves after that many milliseconds; at once when it is zero or less.
   * @param options `ref: false` for a wait that is no reason to keep the process up; default true, as Node's timers
   */
  wait(ms: number, options?: { readonly ref?: boolean }): Promise<void>;
}

const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = Object.freeze({
  nowMs: () => Date.now(),
  wait: async (ms: number, { ref = true }: { readonly ref?: boolean } = {}) => {
    // Beyond 24.8 days a timer of Node fires at once: a long wait is several short ones.
    for (let left = ms; left > 0; left -= longestTimerMs)
      await timer(Math.min(left, longestTimerMs), undefined, { ref });
  },
});

/** The operating system's generator, or a fixed one for vectors. */
export interface Random {
  bytes(count: number): Buffer;
  /** A whole number from 0 up to, not including, `limit`; unbiased. */
  below(limit: number): number;
}

export const systemRandom: Random = Object.freeze({
  bytes: (count: number) => randomBytes(count),
  below: (limit: number) => randomInt(limit),
});
