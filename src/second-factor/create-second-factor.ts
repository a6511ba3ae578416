import type { Request, RequestHandler, Response } from 'express';
import { refuseWeak } from '../accounts/refuse-weak.js';
import { restOfFloor } from '../base/answer-floor.js';
import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import {
  functionRule,
  integerRule,
  objectRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { Account, Accounts } from '../base/ports/accounts.js';
import type { Database } from '../base/ports/database.js';
import type { SecurityEvents } from '../base/ports/security-events.js';
import type { Envelopes } from '../envelope/index.js';
import { attemptOf } from '../limits/index.js';
import type { Passwords } from '../passwords/index.js';
import { owesFactor, rememberVerified } from '../sessions/index.js';
import { verifiedEpoch } from '../sessions/verified.js';
import { type Challenge, createChallenges } from './challenges.js';
import { sqlFactorStore } from './factor-store.js';
import type { FactorChange } from './mail-texts.js';
import { qrCode } from './qr-code.js';
import { hashRecoveryCode, mintRecoveryCode } from './recovery-codes.js';
import { createTotp, isTotpCode, secretBytes } from './totp.js';

export interface SecondFactorOptions {
  readonly database: Database;
  /** The accounts' realm, as for `sqlSessionStore`. */
  readonly realm: string;
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  /** They seal the secrets, each bound to its account. */
  readonly envelopes: Envelopes;
  /** What authenticator apps show above the code: the name of the site. 1 to 60 characters without a colon. */
  readonly issuer: string;
  /** `logins.prove`: turning the factor off asks for the password. */
  readonly prove: (req: Request, account: string, password: unknown) => Promise<Account | null>;
  /**
   * Makes the limits in front of `answer` (`loginLimit`), keyed by the account that owes the code: one for codes of the
   * app, and one for everything else, so that who guesses codes does not use up the owner's recovery codes. Recovery
   * codes cannot be guessed: let nobody's tries from elsewhere keep them out.
   */
  readonly limit: (account: (req: Request) => string, of: FactorTry) => RequestHandler;
  /** What was typed as the code, before the limit; `answer` is told the same. Default: the body's `code`. */
  readonly codeOf?: ((req: Request) => unknown) | undefined;
  /** Cookie of a sign-in that owes its code, default `__Host-challenge`. Two servers on one host need two names. */
  readonly cookie?: string | undefined;
  /**
   * Steps of thirty seconds before and after now whose codes count too, 0 or 1; default 1, for a slow hand and a clock
   * that is off. ASVS 5.0 6.5.5 asks for 0.
   */
  readonly driftSteps?: number | undefined;
  /** Told when a sign-in is complete, before the session starts: remember the device now (`devices.remember`). */
  readonly onPaid?: ((paid: PaidSignIn) => Promise<void>) | undefined;
  /** Told after a change, e.g. to mail the owner. */
  readonly onChanged?: ((account: string, change: FactorChange) => Promise<void>) | undefined;
  readonly events?: SecurityEvents | undefined;
  /** Wrong codes are answered no earlier than this, in milliseconds. 0 to 10,000, default 500. */
  readonly floorMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** `code`: six digits of the app. `recovery`: a recovery code, or whatever else pays, such as a passkey. */
export type FactorTry = 'code' | 'recovery';

/** A sign-in that proved everything it owed. */
export interface PaidSignIn {
  readonly req: Request;
  readonly res: Response;
  readonly account: string;
  readonly epoch: number;
}

/** What a person needs to add the account to an authenticator app. Show it once, over TLS, and keep none of it. */
export interface FactorSetup {
  /** For typing, in groups of four. */
  readonly secret: string;
  /** `otpauth://…`, for a link on the phone itself. */
  readonly uri: string;
  /** The same as a QR code, SVG of ours: put it into the page unescaped. */
  readonly svg: string;
}

export interface SecondFactor {
  /** Whether signing in to the account takes a code. */
  isOn(account: string): Promise<boolean>;
  /**
   * Begins setting it up, with a new secret that is worth nothing until a code of it came back within 15 minutes.
   * @param label what the app shows beside the site's name, such as the mail address
   * @throws SafekeepError ERR_FACTOR_EXISTS (409): turn the present one off first
   */
  begin(account: string, label: string): Promise<FactorSetup>;
  /** The setup that waits for its code once more, for the page after a wrong one; null: begin anew. */
  pending(account: string, label: string): Promise<FactorSetup | null>;
  /**
   * Turns it on by a first code and gives the recovery codes, which are shown this once. Every session ends, and every
   * reset that was mailed is void: start a new session for the browser that asked.
   * @returns null for a wrong code, or when nothing waits
   */
  confirm(req: Request, account: string, code: unknown): Promise<readonly string[] | null>;
  /**
   * After `logins.verify` or `logins.prove`: true when this account still owes a code. Then send the browser to the
   * page of the code instead of starting a session, which would be refused.
   */
  challenge(req: Request, res: Response, account: string): Promise<boolean>;
  /**
   * Mount it on the route of the code, after the body parser.
   * @throws SafekeepError ERR_CHALLENGE_MISSING (401) and what the limit throws, through `next`
   */
  readonly limit: RequestHandler;
  /**
   * Takes a code of the app or a recovery code, each once, and pays what the sign-in owes. Then start the session.
   * @returns the account; null: wrong, spent, or it waits after wrong ones. Say the same words.
   * @throws SafekeepError ERR_ATTEMPT_MISSING without the limit
   */
  answer(req: Request, res: Response, code: unknown): Promise<string | null>;
  /**
   * Pays what the sign-in owes by a factor of your own that you have just verified for `owing(req)`, such as a passkey.
   * Behind `limit`. Null: it was paid before, or is too late.
   */
  accept(req: Request, res: Response): Promise<string | null>;
  /** The account whose sign-in owes a code, behind `limit`. */
  owing(req: Request): string | null;
  /** Ten new recovery codes in the place of the old ones; null when the factor is off. Guard it by `sessions.fresh`. */
  newCodes(account: string): Promise<readonly string[] | null>;
  codesLeft(account: string): Promise<number>;
  /**
   * Turns it off, for the present password and a code, which may be a recovery code. Every session ends and a new one
   * may start. Mount `logins.changeLimit` on the route.
   * @returns false: password or code is wrong
   * @throws SafekeepError ERR_PASSWORD_WEAK (422): the password is too weak to stand alone, e.g. shorter than 15
   */
  turnOff(
    req: Request,
    account: string,
    proof: { readonly password: unknown; readonly code: unknown },
  ): Promise<boolean>;
  /** Deletes what was not finished in time; returns how many. */
  purge(): Promise<number>;
  /** The cookie's name: transport counts it as a credential. */
  readonly cookie: string;
}

const shape = {
  database: required(objectRule<Database>('query', 'transaction')),
  realm: required(textRule({ maxLength: 130 })),
  accounts: required(objectRule<Accounts>('mailAddress', 'raiseEpoch')),
  passwords: required(objectRule<Passwords>('weaknesses')),
  envelopes: required(objectRule<Envelopes>('seal', 'open')),
  issuer: required(textRule({ maxLength: 60 })),
  prove: required(functionRule<SecondFactorOptions['prove']>()),
  limit: required(functionRule<SecondFactorOptions['limit']>()),
  codeOf: withDefault(functionRule<(req: Request) => unknown>(), bodyCode),
  cookie: withDefault(textRule({ maxLength: 64 }), '__Host-challenge'),
  driftSteps: withDefault(integerRule({ min: 0, max: 1 }), 1),
  onPaid: optional(functionRule<(paid: PaidSignIn) => Promise<void>>()),
  onChanged: optional(functionRule<(account: string, change: FactorChange) => Promise<void>>()),
  events: optional(objectRule<SecurityEvents>('record')),
  floorMs: withDefault(integerRule({ min: 0, max: 10_000 }), 500),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

/** A challenge, and which of its budgets the limit counted. */
interface Owed extends Challenge {
  readonly counted: FactorTry;
}

const setupMs = 15 * 60_000;
const recoveryCodes = 10;

/**
 * A second step of signing in: codes by time from an authenticator app (RFC 6238), and recovery codes for the day the
 * phone is gone. The secret is sealed for its account; a code counts once, by compare-and-swap on the last spent step;
 * wrong codes wait longer and longer, whichever process they reach and however many come at once.
 *
 * It does NOT stop a page that asks for password and code and passes both on at once: only passkeys do.
 * ASVS 5.0 6.5.1, 6.5.2, 6.5.3, 6.5.8; NIST SP 800-63B-4 3.1.4, 3.2.2.
 */
export function createSecondFactor(options: SecondFactorOptions): SecondFactor {
  const settings = readOptions('createSecondFactor', shape, options);
  const { database, realm, accounts, passwords, envelopes, prove, cookie, events, floorMs, clock, random } = settings;
  const store = sqlFactorStore({ database, realm });
  const challenges = createChallenges({ database, realm, cookie, clock, random });
  const totp = createTotp({ issuer: settings.issuer, driftSteps: settings.driftSteps });
  const owed = new WeakMap<Request, Owed>();
  const accountOf = (req: Request): string => owed.get(req)?.account ?? '';
  const limits = { code: settings.limit(accountOf, 'code'), recovery: settings.limit(accountOf, 'recovery') };

  const place = (account: string) => ({
    ...{ table: 'safekeep.second_factors', column: 'secret', row: [realm, account] },
  });
  const opened = (sealed: string, account: string): Uint8Array => envelopes.open(sealed, place(account), 'bytes');
  const now = (): Date => new Date(clock.nowMs());
  const since = (): Date => new Date(clock.nowMs() - setupMs);

  function setupOf(secret: Uint8Array, label: string): FactorSetup {
    const uri = totp.uri(secret, label);
    return Object.freeze({ secret: totp.text(secret), uri, svg: qrCode(uri) });
  }

  function mintCodes(account: string): { readonly codes: readonly string[]; readonly hashes: readonly Buffer[] } {
    const codes = Array.from({ length: recoveryCodes }, () => mintRecoveryCode(random));
    const hashes = codes.map((code) => hashRecoveryCode(realm, account, code) as Buffer);
    return { codes, hashes };
  }

  /** Spends a code of either kind; null: it is none, or spent, or has to wait. */
  async function spend(account: string, typed: unknown): Promise<'totp' | 'recovery' | null> {
    const hash = hashRecoveryCode(realm, account, typed);
    if (hash !== null) return (await store.spendCode(account, hash)) ? 'recovery' : null;
    if (!isTotpCode(typed)) return null;
    // The try is counted before the code is looked at. One success ends the row.
    const sealed = await store.reserve(account, now());
    if (sealed === null) return null;
    const step = totp.stepOf(opened(sealed, account), typed, clock.nowMs());
    return step !== null && (await store.spendStep(account, step)) ? 'totp' : null;
  }

  async function changed(account: string, change: FactorChange): Promise<void> {
    await settings.onChanged?.(account, change);
  }

  function owedOf(req: Request): Owed {
    const known = owed.get(req);
    if (known === undefined) throw new SafekeepError('ERR_ATTEMPT_MISSING');
    return known;
  }

  /** The challenge is ended here and nowhere else, once: of two answers that race only one signs in. */
  async function pay(req: Request, res: Response, { account, epoch }: Challenge, how: string): Promise<string | null> {
    if (!(await challenges.finish(req, res))) return null;
    rememberVerified(req, account, epoch);
    await settings.onPaid?.({ req, res, account, epoch });
    await events?.record({ kind: 'login.succeeded', account, facts: { factor: nameOf(how) } });
    return account;
  }

  return Object.freeze({
    cookie,
    isOn: (account: string) => store.isOn(account),
    codesLeft: store.codesLeft,
    async begin(account: string, label: string) {
      const secret = random.bytes(secretBytes);
      const sealed = envelopes.seal({ type: 'bytes', value: secret }, place(account));
      if (!(await store.propose(account, sealed, now()))) throw new SafekeepError('ERR_FACTOR_EXISTS');
      return setupOf(secret, label);
    },
    async pending(account: string, label: string) {
      const sealed = await store.proposed(account, since());
      return sealed === null ? null : setupOf(opened(sealed, account), label);
    },
    async confirm(req: Request, account: string, code: unknown) {
      const done = await database.transaction(async (tx) => {
        await store.lock(account, tx);
        const sealed = await store.proposed(account, since(), tx);
        if (sealed === null) return null;
        const step = totp.stepOf(opened(sealed, account), code, clock.nowMs());
        if (step === null) return null;
        if (!(await store.confirm(account, { sealed, step }, now(), tx))) return null;
        const { codes, hashes } = mintCodes(account);
        await store.replaceCodes(account, hashes, tx);
        const epoch = await accounts.raiseEpoch(account, tx);
        await events?.record({ kind: 'factor.added', account }, tx);
        return { codes, epoch };
      });
      if (done === null) return null;
      rememberVerified(req, account, done.epoch);
      await changed(account, 'added');
      return Object.freeze(done.codes);
    },
    async challenge(req: Request, res: Response, account: string) {
      const epoch = verifiedEpoch(req, account);
      if (epoch === undefined || !owesFactor(req, account)) return false;
      if (!(await challenges.begin(req, res, { account, epoch }))) throw new SafekeepError('ERR_CHALLENGE_MISSING');
      return true;
    },
    limit(req: Request, res: Response, next: (error?: unknown) => void) {
      challenges
        .find(req)
        .then((challenge) => {
          if (challenge === null) return next(new SafekeepError('ERR_CHALLENGE_MISSING'));
          const counted = isTotpCode(settings.codeOf(req)) ? 'code' : 'recovery';
          owed.set(req, { ...challenge, counted });
          return limits[counted](req, res, next);
        })
        .catch(next);
    },
    owing: (req: Request) => owed.get(req)?.account ?? null,
    async answer(req: Request, res: Response, code: unknown) {
      const startedMs = clock.nowMs();
      const challenge = owedOf(req);
      const attempt = attemptOf(req);
      // Others filled the account's counter of codes: the answer of a wrong one, and nothing is looked at. And a code of
      // the app that was not counted as one would be guessed on the budget of recovery codes.
      const isLookedAt = attempt.allowed && (challenge.counted === 'code' || !isTotpCode(code));
      if (isLookedAt) attempt.begin();
      const how = isLookedAt ? await spend(challenge.account, code) : null;
      if (how === null) {
        attempt.fail({ known: true });
        await events?.record({ kind: 'factor.failed', account: challenge.account });
        await clock.wait(restOfFloor(clock, floorMs, startedMs));
        return null;
      }
      await attempt.succeed({ clears: false });
      if (how === 'recovery') {
        await events?.record({ kind: 'factor.recovery', account: challenge.account });
        await changed(challenge.account, 'recovery-used');
      }
      return await pay(req, res, challenge, how);
    },
    async accept(req: Request, res: Response) {
      const challenge = owedOf(req);
      const attempt = attemptOf(req);
      if (attempt.allowed) await attempt.succeed({ clears: false });
      return await pay(req, res, challenge, 'other');
    },
    async newCodes(account: string) {
      const { codes, hashes } = mintCodes(account);
      const replaced = await database.transaction(async (tx) => {
        await store.lock(account, tx);
        if (!(await store.isOn(account, tx))) return false;
        await store.replaceCodes(account, hashes, tx);
        await events?.record({ kind: 'factor.codes', account }, tx);
        return true;
      });
      if (!replaced) return null;
      await changed(account, 'codes-replaced');
      return Object.freeze(codes);
    },
    async turnOff(req: Request, account: string, proof: { readonly password: unknown; readonly code: unknown }) {
      const proven = await prove(req, account, proof.password);
      if (proven === null) return false;
      // Beside a second factor eight characters were enough; from here on the password stands alone.
      await refuseWeak(passwords, String(proof.password), { email: await accounts.mailAddress(account) });
      if ((await spend(account, proof.code)) === null) return false;
      const epoch = await database.transaction(async (tx) => {
        // Another password since it was looked at: this one was never judged.
        if ((await store.lock(account, tx)) !== proven.epoch || !(await store.remove(account, tx))) return null;
        await events?.record({ kind: 'factor.removed', account }, tx);
        return await accounts.raiseEpoch(account, tx);
      });
      if (epoch === null) return false;
      rememberVerified(req, account, epoch);
      await changed(account, 'removed');
      return true;
    },
    purge: async () => (await challenges.purge()) + (await store.purge(since())),
  });
}

function bodyCode(req: Request): unknown {
  const body: unknown = req.body;
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)['code'] : undefined;
}
