import type { Request, Response } from 'express';
import { SafekeepError } from '../base/errors.js';
import type { CounterOutcome, CounterSettlement, Counters, WhenDown } from './counters.js';
import type { Device, Devices } from './devices.js';
import type { LoginRules, PlaceKind } from './login-rules.js';
import type { SignalKind, Signals } from './signals/create-signals.js';

/**
 * One try to sign in. Its place in every counter is taken before anything is checked; the handler tells how it ended,
 * because a status code does not (a failed login that redirects is a 302 like a good one).
 */
export interface LoginAttempt {
  /**
   * False when strangers filled the account's counter. Do not look at the password: give the answer of a wrong one, at
   * the same floor. `begin` and `succeed` then throw.
   */
  readonly allowed: boolean;
  /** The request carries the cookie of a device that signed in to this account before. */
  readonly trusted: boolean;
  /** What made this attempt look like guessing by machine: reasons to ask for a second factor. */
  signals(): readonly SignalKind[];
  /**
   * Holds the device against the account's epoch, once the account is known: a device of before the last reset is a
   * stranger, and takes a stranger's places.
   * @returns whether the attempt is allowed, now that the account is known
   */
  confirmDevice(epoch: number | undefined): Promise<boolean>;
  /**
   * From here on everything but `succeed()` is a failure: an exception, an aborted request, a time-out.
   * @throws SafekeepError ERR_ATTEMPT_REFUSED
   */
  begin(): void;
  /**
   * Gives back this attempt's own place in every counter and clears those of account and subnet, and of account and
   * device. @throws SafekeepError ERR_ATTEMPT_REFUSED
   */
  succeed(how?: AttemptSuccess): Promise<void>;
  /** The place stays taken. What is told of it feeds the signals. */
  fail(how?: AttemptFailure): void;
  /**
   * A failure of ours before the password was looked at (store down, no room to hash): gives the place back.
   * @throws SafekeepError ERR_ATTEMPT_BEGUN
   */
  abandon(): Promise<void>;
}

export interface AttemptSuccess {
  /**
   * False for a success that proves nothing of the login that the limit counted, such as a changed password, whose form
   * may name anybody: the counters keep their other places and no device is remembered. Default true.
   */
  readonly clears?: boolean | undefined;
  /**
   * The account's epoch: with it this browser is remembered as its owner's. Leave it out while a second factor is
   * outstanding, and call `devices.remember` when it is done.
   */
  readonly epoch?: number | undefined;
}

export interface AttemptFailure {
  /** Whether there is such an account; nobody but the signals is told. */
  readonly known?: boolean | undefined;
  /** The password that was wrong; a keyed sketch counts on how many accounts it was tried, and forgets it. */
  readonly password?: string | undefined;
}

/** What the limit knows of an attempt. */
export interface Reserved {
  readonly counters: Counters;
  readonly rules: LoginRules;
  readonly whenDown: WhenDown;
  readonly outcome: CounterOutcome;
  readonly kinds: readonly PlaceKind[];
  readonly login: string;
  readonly subnet: string;
  readonly network: string;
  readonly device: Device | null;
  readonly devices: Devices | undefined;
  readonly signals: Signals | undefined;
}

/** On the request and not in a WeakMap, which costs the collector more than the counting. */
const attemptKey = Symbol('safekeep attempt');
type Attempted = Request & { [attemptKey]?: LoginAttempt };

/** The attempt that the login limit reserved for this request. @throws SafekeepError ERR_ATTEMPT_MISSING */
export function attemptOf(req: Request): LoginAttempt {
  const attempt = (req as Attempted)[attemptKey];
  if (attempt === undefined) throw new SafekeepError('ERR_ATTEMPT_MISSING');
  return attempt;
}

/** On success the counters of this client and this account begin anew; the others get their place back, no more. */
const cleared: ReadonlySet<PlaceKind> = new Set<PlaceKind>(['pair', 'device']);
/** The counters that say how often this account was tried before. */
const ofAccount: ReadonlySet<PlaceKind> = new Set<PlaceKind>(['pair', 'device', 'account']);

export function openAttempt(req: Request, res: Response, reserved: Reserved): void {
  const { counters, rules, whenDown, login, subnet, network, devices, signals } = reserved;
  let state: 'reserved' | 'begun' | 'settled' = 'reserved';
  let { device } = reserved;
  let allowed = !reserved.outcome.hidden;
  const taken: { outcome: CounterOutcome; kinds: readonly PlaceKind[] }[] = [reserved];

  async function settle(clears: boolean): Promise<void> {
    for (const { outcome, kinds } of taken) {
      await counters.settle(
        outcome,
        kinds.map((kind): CounterSettlement => (clears && cleared.has(kind) ? 'clear' : 'return')),
      );
    }
  }
  function mustBeAllowed(): void {
    if (!allowed) throw new SafekeepError('ERR_ATTEMPT_REFUSED');
  }
  function failuresBefore(): number {
    let most = 0;
    for (const { outcome, kinds } of taken) {
      for (const [at, kind] of kinds.entries()) {
        if (ofAccount.has(kind)) most = Math.max(most, (outcome.holds[at]?.count ?? 1) - 1);
      }
    }
    return most;
  }

  // No accessors: each literal with one is a class of its own to the engine, and costs more than all counters.
  const attempt = {
    allowed,
    trusted: device !== null,
    signals: () => signals?.of(login, subnet) ?? [],
    async confirmDevice(epoch: number | undefined) {
      if (device === null || device.epoch === epoch || state === 'settled') return allowed;
      device = null;
      attempt.trusted = false;
      const places = rules.placesOfStranger({ login, subnet, network });
      const outcome = await counters.reserve(
        places.map(({ place }) => place),
        whenDown,
      );
      if (outcome.refusedBy !== undefined || outcome.hidden) {
        allowed = false;
        attempt.allowed = false;
      }
      if (outcome.refusedBy === undefined) taken.push({ outcome, kinds: places.map(({ kind }) => kind) });
      return allowed;
    },
    begin() {
      mustBeAllowed();
      if (state === 'reserved') state = 'begun';
    },
    async succeed({ clears = true, epoch }: AttemptSuccess = {}) {
      if (state === 'settled') return;
      mustBeAllowed();
      state = 'settled';
      signals?.succeeded({ login, subnet, failures: failuresBefore() });
      await settle(clears);
      if (clears && epoch !== undefined) devices?.remember(req, res, login, epoch);
    },
    fail(how: AttemptFailure = {}) {
      if (state !== 'settled') signals?.failed({ login, subnet, ...how });
      state = 'settled';
    },
    async abandon() {
      if (state === 'settled') return;
      if (state === 'begun') throw new SafekeepError('ERR_ATTEMPT_BEGUN');
      state = 'settled';
      await settle(false);
    },
  };
  (req as Attempted)[attemptKey] = attempt;
}
