import type { Request } from 'express';
import { SafekeepError } from '../base/errors.js';

/**
 * One try to sign in. Its place in every counter is taken before anything is checked; the handler tells how it ended,
 * because a status code does not (a failed login that redirects is a 302 like a good one).
 */
export interface LoginAttempt {
  /** From here on everything but `succeed()` is a failure: an exception, an aborted request, a time-out. */
  begin(): void;
  /**
   * Gives back this attempt's own place in every counter and clears the account's counter in this subnet. With
   * `clears: false` the counter keeps its other places: for a success that proves nothing of the login that the limit
   * counted, such as a changed password, whose form may name anybody.
   */
  succeed(how?: { readonly clears: boolean }): Promise<void>;
  /** The place stays taken. */
  fail(): void;
  /**
   * A failure of ours before the password was looked at (store down, no room to hash): gives the place back.
   * @throws SafekeepError ERR_ATTEMPT_BEGUN
   */
  abandon(): Promise<void>;
}

/** A place taken in one counter. */
export interface Reservation {
  /** Returns the place, in the same window only and never below zero. */
  refund(): Promise<void>;
  /** Frees the whole counter. */
  clear(): Promise<void>;
}

const attempts = new WeakMap<Request, LoginAttempt>();

/** The attempt that the login limit reserved for this request. @throws SafekeepError ERR_ATTEMPT_MISSING */
export function attemptOf(req: Request): LoginAttempt {
  const attempt = attempts.get(req);
  if (attempt === undefined) throw new SafekeepError('ERR_ATTEMPT_MISSING');
  return attempt;
}

export function openAttempt(req: Request, subnet: Reservation, account: Reservation): void {
  let state: 'reserved' | 'begun' | 'settled' = 'reserved';
  attempts.set(req, {
    begin() {
      if (state === 'reserved') state = 'begun';
    },
    async succeed({ clears } = { clears: true }) {
      if (state === 'settled') return;
      state = 'settled';
      await Promise.all([subnet.refund(), clears ? account.clear() : account.refund()]);
    },
    fail() {
      state = 'settled';
    },
    async abandon() {
      if (state === 'settled') return;
      if (state === 'begun') throw new SafekeepError('ERR_ATTEMPT_BEGUN');
      state = 'settled';
      await Promise.all([subnet.refund(), account.refund()]);
    },
  });
}
