import type { Request, RequestHandler } from 'express';
import { refuseWeak } from '../accounts/refuse-weak.js';
import { restOfFloor } from '../base/answer-floor.js';
import { type Clock, systemClock } from '../base/clock.js';
import { isSafekeepError } from '../base/errors.js';
import {
  functionRule,
  integerRule,
  objectRule,
  optional,
  readOptions,
  required,
  withDefault,
} from '../base/options.js';
import type { Account, Accounts } from '../base/ports/accounts.js';
import type { SecurityEvents } from '../base/ports/security-events.js';
import { createProxies, type Proxies, senderOf } from '../http/index.js';
import { attemptOf } from '../limits/index.js';
import type { Passwords, Verified } from '../passwords/index.js';
import { rememberVerified } from '../sessions/index.js';

export interface LoginsOptions {
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  /** The limit in front of the route (`loginLimit`). */
  readonly limit: RequestHandler;
  /**
   * The limit in front of the form that changes a password, keyed by the signed-in account and by nothing the form says:
   * otherwise a stolen session guesses the password under ever new logins. Default: `limit`.
   */
  readonly changeLimit?: RequestHandler | undefined;
  readonly events?: SecurityEvents | undefined;
  /**
   * Refusals leave no earlier than this, in milliseconds, whatever was wrong. 0 (no floor) to 10,000, default 500. Where
   * the dearest hash that `passwords` allows takes longer on this machine (`dearestMs`), they leave at that.
   */
  readonly floorMs?: number | undefined;
  /** Told when the re-hash after a good sign-in failed; the sign-in itself stands. */
  readonly onRehashError?: ((error: unknown) => void) | undefined;
  /**
   * Told when a password that was right is in a breached list, before `verify` returns: mark the account or the request,
   * and ask for another password. The sign-in itself stands, and the event `password.breached` is recorded.
   */
  readonly onBreachedPassword?: ((found: BreachedSignIn) => void | Promise<void>) | undefined;
  /**
   * Asked when a password was right: `challenge` where the account has a second factor or the sign-in looks odd, `deny`
   * to refuse it like a wrong password. Default: everybody is allowed. After `challenge` no session starts until
   * `secondFactor.answer` (or `accept`) was right.
   */
  readonly onPasswordProven?: ((found: ProvenSignIn) => SignInDecision | Promise<SignInDecision>) | undefined;
  /**
   * Whether signing in to the account takes a second factor (`secondFactor.isOn`): then a new password of eight
   * characters is enough, and fifteen otherwise. Default: nobody has one. NIST SP 800-63B-4 3.1.1.2.
   */
  readonly hasSecondFactor?: ((account: string) => Promise<boolean>) | undefined;
  /** Told after a changed password, e.g. to mail the owner. */
  readonly onPasswordChanged?: ((account: string) => Promise<void>) | undefined;
  readonly proxies?: Proxies | undefined;
  readonly clock?: Clock | undefined;
}

export type SignInDecision = 'allow' | 'challenge' | 'deny';

/** A sign-in whose password was right. */
export interface ProvenSignIn {
  readonly account: string;
  readonly req: Request;
}

export interface BreachedSignIn {
  readonly account: string;
  readonly req: Request;
}

/** What a person typed. Anything but two texts is a wrong password. */
export interface Credentials {
  readonly email?: unknown;
  readonly password?: unknown;
}

export interface Logins {
  /** Mount it on the route, after the body parser and in front of the handler. */
  readonly limit: RequestHandler;
  /** The same for the route of `change`, behind `sessions.required`. */
  readonly changeLimit: RequestHandler;
  /**
   * @returns the account, or null: unknown, disabled, unconfirmed or wrong password, in the same time. Say the same words.
   * @throws SafekeepError ERR_ATTEMPT_MISSING without the limit; ERR_PASSWORD_BUSY (503) when there is no room to hash
   */
  verify(req: Request, credentials: Credentials | undefined): Promise<Account | null>;
  /**
   * The present password of a signed-in account once more, for what a session alone must not do; limited per account by
   * `changeLimit` on its route. Then pay the second factor where there is one (`secondFactor.challenge`) and start a new
   * session, which `sessions.fresh` lets through.
   * @returns null when the password is wrong
   */
  prove(req: Request, account: string, password: unknown): Promise<Account | null>;
  /**
   * Changes the password of a signed-in account, which must prove the present one; its tries are limited per
   * account (`changeLimit`). Every session ends, this one too: start a new one with the account that comes back.
   * @returns null when the present password is wrong
   * @throws SafekeepError ERR_PASSWORD_WEAK (422) for the new one
   */
  change(
    req: Request,
    account: string,
    passwords: { readonly current: unknown; readonly next: unknown },
  ): Promise<Account | null>;
}

interface Check {
  readonly find: () => Promise<Account | null>;
  readonly password: string;
  /** Whether a success frees the counter of the login: only where it is that login that was proven. */
  readonly clears: boolean;
  /** Whether the hook is asked: for what ends in a session that there was not. */
  readonly decides: boolean;
}

interface Proven {
  readonly account: Account;
  readonly decision: SignInDecision;
  readonly verified: Verified;
}

const shape = {
  accounts: required(objectRule<Accounts>('findByLogin', 'find', 'swapPasswordHash', 'replacePassword')),
  passwords: required(objectRule<Passwords>('verify', 'hash', 'weaknesses', 'breached', 'dearestMs')),
  limit: required(functionRule<RequestHandler>()),
  changeLimit: optional(functionRule<RequestHandler>()),
  events: optional(objectRule<SecurityEvents>('record')),
  floorMs: withDefault(integerRule({ min: 0, max: 10_000 }), 500),
  onRehashError: optional(functionRule<(error: unknown) => void>()),
  onBreachedPassword: optional(functionRule<(found: BreachedSignIn) => void | Promise<void>>()),
  onPasswordProven: optional(functionRule<NonNullable<LoginsOptions['onPasswordProven']>>()),
  hasSecondFactor: optional(functionRule<(account: string) => Promise<boolean>>()),
  onPasswordChanged: optional(functionRule<(account: string) => Promise<void>>()),
  proxies: optional(objectRule<Proxies>('clientAddress')),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
};

/**
 * Signing in: look the account up, spend one hash whether it exists or not, tell the limit how it ended, and let every
 * refusal leave at one floor. ASVS 5.0 6.3.8.
 */
export function createLogins(options: LoginsOptions): Logins {
  const { accounts, passwords, limit, events, floorMs, onRehashError, onPasswordChanged, clock, ...rest } = readOptions(
    'createLogins',
    shape,
    options,
  );
  const proxies = rest.proxies ?? createProxies();

  /** What is no answer of the three is a mistake of the hook, and lets nobody in. */
  async function decide(req: Request, account: string): Promise<SignInDecision> {
    const decision = (await rest.onPasswordProven?.({ account, req })) ?? 'allow';
    return decision === 'allow' || decision === 'challenge' ? decision : 'deny';
  }

  /** One hash is spent whether there is an account or not, and the limit is told how it ended. */
  async function check(req: Request, { find, password, clears, decides }: Check): Promise<Proven | null> {
    const attempt = attemptOf(req);
    // Strangers filled the account's counter: the answer of a wrong password, and nothing is looked at.
    if (!attempt.allowed) {
      attempt.fail({ password });
      return null;
    }
    const { client, signal } = senderOf(req, proxies);
    let asked = false;
    try {
      const account = await find();
      if (!(await attempt.confirmDevice(account?.epoch))) return null;
      asked = true;
      const usable = account?.state === 'active' ? account : null;
      const verified = await passwords.verify(usable?.passwordHash ?? null, password, {
        ...(usable === null ? {} : { account: usable.id }),
        client: { ...client, trusted: attempt.trusted },
        signal,
      });
      attempt.begin();
      if (usable === null || verified === null) {
        attempt.fail({ known: account !== null, password });
        await events?.record({ kind: 'login.failed', account: account?.id });
        return null;
      }
      const decision = decides ? await decide(req, usable.id) : 'allow';
      // Before anything is freed: who is denied has not signed in, whatever the password was.
      if (decision === 'deny') {
        attempt.fail({ known: true });
        await events?.record({ kind: 'login.denied', account: usable.id });
        return null;
      }
      // No device is remembered while a factor is owed.
      await attempt.succeed({ clears, epoch: decision === 'challenge' ? undefined : usable.epoch });
      rememberVerified(req, usable.id, usable.epoch, { owesFactor: decision === 'challenge' });
      return { account: usable, verified, decision };
    } catch (error) {
      if (isOurs(error, asked)) await attempt.abandon().catch(() => undefined);
      throw error;
    }
  }

  /** The same for everyone: by what is allowed at set-up, never by what an account has. */
  async function floor(): Promise<number> {
    if (floorMs === 0) return 0;
    // Without room to measure at this moment the next refusal tries again; `verify` tells what else went wrong.
    const dearestMs = await passwords.dearestMs().catch(() => 0);
    return Math.max(floorMs, Math.min(10_000, Math.ceil(dearestMs / 50) * 50));
  }
  // Measured when the server starts, and not while the first stranger waits for it.
  void floor();

  async function proven(req: Request, work: Check): Promise<Proven | null> {
    const startedMs = clock.nowMs();
    const found = await check(req, work);
    if (found === null) await clock.wait(restOfFloor(clock, await floor(), startedMs));
    return found;
  }

  function rehashAfterwards(req: Request, account: Account, verified: Verified): void {
    // After the answer, so that nobody waits for it; by compare-and-swap, so that a reset meanwhile is not undone.
    req.res?.once('finish', () => {
      verified
        .rehash()
        ?.then((to) => accounts.swapPasswordHash(account.id, account.passwordHash, to))
        .catch((error: unknown) => onRehashError?.(error))
        .catch(() => undefined);
    });
  }

  /** Only for a password that was right: nobody learns from it which passwords are in a list, or whose. */
  async function tellBreached(req: Request, account: string, password: string): Promise<void> {
    if ((await passwords.breached(password)) !== 'listed') return;
    await events?.record({ kind: 'password.breached', account });
    await rest.onBreachedPassword?.({ account, req });
  }

  return Object.freeze({
    limit,
    changeLimit: rest.changeLimit ?? limit,
    async verify(req: Request, credentials: Credentials | undefined) {
      const { email, password } = credentials ?? {};
      const find = () => accounts.findByLogin(textOf(email));
      const found = await proven(req, { find, password: textOf(password), clears: true, decides: true });
      if (found === null) return null;
      const kind = found.decision === 'challenge' ? 'login.challenged' : 'login.succeeded';
      await events?.record({ kind, account: found.account.id });
      await tellBreached(req, found.account.id, textOf(password));
      rehashAfterwards(req, found.account, found.verified);
      return found.account;
    },
    async prove(req: Request, id: string, password: unknown) {
      const work = { find: () => accounts.find(id), password: textOf(password), clears: false, decides: true };
      const found = await proven(req, work);
      if (found === null) return null;
      await events?.record({ kind: 'login.proven', account: id });
      return found.account;
    },
    async change(req: Request, id: string, { current, next }: { readonly current: unknown; readonly next: unknown }) {
      const found = await proven(req, {
        find: () => accounts.find(id),
        password: textOf(current),
        clears: false,
        decides: false,
      });
      if (found === null) return null;
      // Asked after the account was read: turning the factor off meanwhile raises the epoch, and nothing is written.
      const secondFactor = (await rest.hasSecondFactor?.(id)) ?? false;
      await refuseWeak(passwords, textOf(next), { email: await accounts.mailAddress(id), secondFactor });
      const to = await passwords.hash(textOf(next), { account: id, ...senderOf(req, proxies) });
      if (!(await accounts.replacePassword(id, found.account, to))) return null;
      await events?.record({ kind: 'password.changed', account: id });
      await onPasswordChanged?.(id);
      const changed = await accounts.find(id);
      // The epoch that this change made, not the one that was read: a reset meanwhile must find no session started.
      if (changed !== null) rememberVerified(req, changed.id, found.account.epoch + 1);
      return changed;
    },
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * No database, or no room to hash, before any password was looked at: ours, so the person keeps the try. A client that
 * went away does not: leaving is free for an attacker.
 */
function isOurs(error: unknown, asked: boolean): boolean {
  if (!isSafekeepError(error)) return false;
  return asked ? error.code === 'ERR_PASSWORD_BUSY' : error.status === 503;
}
