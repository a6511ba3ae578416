import type { Clock, Random } from '../../base/clock.js';

export interface AcmeFollowOptions {
  /** How often it looks whether it is time, in ms. 60,000 to 86,400,000; default 3,600,000: an hour. */
  readonly everyMs?: number | undefined;
  /** A renewed certificate lies in the file. `createTlsServer` that follows it serves it within a minute. */
  readonly onRenewed?: ((renewed: { readonly expiresAtMs: number }) => void) | undefined;
  /** No certificate was issued; the present one stays. It is tried again later, at growing distances. */
  readonly onFailed?: ((error: unknown) => void) | undefined;
}

export interface AcmeFollowing {
  /** Looks now. Resolves when it was not time, or the order has ended. */
  check(): Promise<void>;
  stop(): void;
}

interface Followed {
  readonly options: AcmeFollowOptions & { readonly everyMs: number };
  readonly clock: Clock;
  readonly random: Random;
  /** What lies in the file, if it can be served. */
  readonly present: () => Life | null;
  readonly renew: () => Promise<{ readonly expiresAtMs: number }>;
}

export interface Life {
  readonly beginsAtMs: number;
  readonly expiresAtMs: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * Renews when a third of the life is left, and up to a thirtieth earlier: servers that were set up on one day do not
 * all come to the authority on one. After a failure it waits an hour, then two, up to a day: authorities count
 * failures, and a certificate has weeks left.
 */
export function followAcme({ options: o, clock, random, present, renew }: Followed): AcmeFollowing {
  let plan: { readonly of: number; readonly atMs: number } | undefined;
  let failures = 0;
  let notBeforeMs = 0;
  let running: Promise<void> = Promise.resolve();

  function isTime(): boolean {
    const nowMs = clock.nowMs();
    if (nowMs < notBeforeMs) return false;
    const life = present();
    if (life === null) return true;
    if (plan?.of !== life.expiresAtMs) {
      const whole = life.expiresAtMs - life.beginsAtMs;
      const early = (whole / 30) * (random.below(1000) / 1000);
      plan = { of: life.expiresAtMs, atMs: life.expiresAtMs - whole / 3 - early };
    }
    return nowMs >= plan.atMs;
  }
  async function look(): Promise<void> {
    if (!isTime()) return;
    try {
      const renewed = await renew();
      failures = 0;
      notBeforeMs = 0;
      o.onRenewed?.(renewed);
    } catch (error) {
      const wait = Math.min(hourMs * 2 ** failures, dayMs);
      failures += 1;
      notBeforeMs = clock.nowMs() + wait * (1 + random.below(1000) / 10_000);
      o.onFailed?.(error);
    }
  }
  const check = (): Promise<void> => {
    running = running.then(look);
    return running;
  };
  const timer = setInterval(() => void check(), o.everyMs).unref();
  void check();
  return Object.freeze({ check, stop: () => clearInterval(timer) });
}
