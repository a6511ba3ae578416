import type { Clock } from '../base/clock.js';

export interface BreakerOptions {
  /** An answer that takes longer is none. */
  readonly timeoutMs: number;
  /** Failures in a row after which nobody waits any more. */
  readonly failures: number;
  /** How long then, before one call tries again. */
  readonly pauseMs: number;
  readonly clock: Clock;
}

/** Keeps a server that does not answer from holding up those who ask. */
export interface CircuitBreaker {
  /** Whether calls are made at all: closed, or open and due for one that tries. */
  admits(): boolean;
  /** @returns undefined when it failed or took too long; a late answer or failure is dropped */
  call<T>(work: () => Promise<T>): Promise<{ readonly value: T } | undefined>;
}

export function createCircuitBreaker({ timeoutMs, failures, pauseMs, clock }: BreakerOptions): CircuitBreaker {
  let inARow = 0;
  let closedUntilMs = 0;

  function admits(): boolean {
    if (inARow < failures) return true;
    const nowMs = clock.nowMs();
    // Also where the clock was set back: a pause is never longer than it is.
    if (nowMs < closedUntilMs && nowMs >= closedUntilMs - pauseMs) return false;
    // One tries; the others go on without.
    closedUntilMs = nowMs + pauseMs;
    return true;
  }

  return {
    admits,
    call: <T>(work: () => Promise<T>) =>
      new Promise<{ readonly value: T } | undefined>((resolve) => {
        let isOver = false;
        const end = (answer: { readonly value: T } | undefined): void => {
          if (isOver) return;
          isOver = true;
          clearTimeout(timer);
          inARow = answer === undefined ? inARow + 1 : 0;
          if (answer === undefined && inARow === failures) closedUntilMs = clock.nowMs() + pauseMs;
          resolve(answer);
        };
        // Once around the loop after the time is up: where this process was busy, the answer may lie there unread.
        const timer = setTimeout(() => setImmediate(end, undefined), timeoutMs);
        // A client that throws at once is one that does not answer.
        try {
          work().then(
            (value) => end({ value }),
            () => end(undefined),
          );
        } catch {
          end(undefined);
        }
      }),
  };
}
