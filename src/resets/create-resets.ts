import type { Request, RequestHandler, Router } from 'express';
import { refuseWeak } from '../accounts/refuse-weak.js';
import { atFloor } from '../base/answer-floor.js';
import type { PasswordHash } from '../base/brands.js';
import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import { hashMailToken, mintMailToken } from '../base/mail-token.js';
import {
  functionRule,
  integerRule,
  objectRule,
  optional,
  originRule,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { Accounts } from '../base/ports/accounts.js';
import type { Mailer, MailMessage } from '../base/ports/mailer.js';
import type { SecurityEvents } from '../base/ports/security-events.js';
import { sendLater } from '../base/send-later.js';
import { createProxies, type Proxies, senderOf } from '../http/index.js';
import type { Devices } from '../limits/index.js';
import type { Passwords } from '../passwords/index.js';
import type { Sessions } from '../sessions/index.js';
import { passwordChangedMail, resetMail } from './mail-texts.js';
import type { ResetPages } from './pages.js';
import type { ResetStore } from './reset-store.js';
import { resetRoutes } from './routes.js';

export interface ResetsOptions {
  readonly store: ResetStore;
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  /** Sessions that must end with the old password. Those of `sqlAccounts` end with the account's epoch anyway. */
  readonly sessions?: Sessions | undefined;
  readonly mailer: Mailer;
  /** Where mails link to; never taken from a request. */
  readonly origin: string;
  /** Mounted in front of both POST routes; `requestLimit` or your own. */
  readonly limit?: RequestHandler | undefined;
  /** Default `/forgot`. */
  readonly forgotPath?: string | undefined;
  /** Default `/reset`. */
  readonly resetPath?: string | undefined;
  /** How long a mailed code works, in seconds. 300 to 3,600, default 1,200. */
  readonly lifeSeconds?: number | undefined;
  /** Every request is answered at this many milliseconds. 0 to 10,000, default 500. */
  readonly floorMs?: number | undefined;
  /** Remembers the browser that redeemed a code as its owner's, so that strangers cannot keep it out. */
  readonly devices?: Devices | undefined;
  /**
   * Who is told of a new password: also addresses that can still take the account back (`mailChanges.noticeAddresses`).
   * Default: the stored address.
   */
  readonly noticeAddresses?: ((account: string) => Promise<readonly string[]>) | undefined;
  /** Called when a mail could not be sent; the request has been answered by then. */
  readonly onMailError?: ((error: unknown) => void) | undefined;
  readonly events?: SecurityEvents | undefined;
  /** Tells which network a request came from, for the gate in front of the hashing. */
  readonly proxies?: Proxies | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface Resets {
  /** Mails a code to the stored address, if there is an account. Always ends alike, at the same time. */
  request(email: string): Promise<void>;
  /**
   * Sets the new password and ends every session. The code is used up only when the password was accepted.
   * @returns null when the code is unknown, used, expired, or the password changed since it was mailed
   * @param req the request it came with: its network waits its turn for the hash, and a client that left is dropped
   * @throws SafekeepError ERR_PASSWORD_WEAK (422) naming what is weak, ERR_PASSWORD_BUSY (503); the code still works
   */
  redeem(code: string, password: string, req?: Request): Promise<{ readonly account: string } | null>;
  /** GET and POST of the two pages, as HTML and JSON. `pages` gives them your own look. */
  routes(pages?: ResetPages): Router;
  /** Deletes expired codes; returns how many. */
  purge(): Promise<number>;
}

const shape = {
  store: required(objectRule<ResetStore>('add', 'findLive', 'consume', 'transaction')),
  accounts: required(objectRule<Accounts>('findByLogin', 'find', 'mailAddress', 'setPassword')),
  passwords: required(objectRule<Passwords>('hash', 'weaknesses')),
  sessions: optional(objectRule<Sessions>('endAll')),
  mailer: required(objectRule<Mailer>('send')),
  origin: required(originRule()),
  limit: optional(functionRule<RequestHandler>()),
  forgotPath: withDefault(textRule(), '/forgot'),
  resetPath: withDefault(textRule(), '/reset'),
  lifeSeconds: withDefault(integerRule({ min: 300, max: 3600 }), 1200),
  floorMs: withDefault(integerRule({ min: 0, max: 10_000 }), 500),
  onMailError: optional(functionRule<(error: unknown) => void>()),
  devices: optional(objectRule<Devices>('remember')),
  noticeAddresses: optional(functionRule<NonNullable<ResetsOptions['noticeAddresses']>>()),
  events: optional(objectRule<SecurityEvents>('record')),
  proxies: optional(objectRule<Proxies>('clientAddress')),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

/**
 * Forgotten passwords. The code is 32 random bytes, stored as SHA-256, mailed in a link's fragment and as text; GET
 * changes nothing, so mail scanners burn no link; one conditional UPDATE uses it up in the transaction that writes the
 * password and raises the account's epoch. It does NOT sign in: a second factor is still asked. ASVS 5.0 6.4.3, 7.4.3.
 */
export function createResets(options: ResetsOptions): Resets {
  const settings = readOptions('createResets', shape, options);
  const { store, accounts, passwords, sessions, mailer, origin, clock, random, events } = settings;
  const proxies = settings.proxies ?? createProxies();

  function post(message: MailMessage): void {
    sendLater(mailer, message, settings.onMailError);
  }

  async function mailCode(email: string): Promise<void> {
    const account = await accounts.findByLogin(email);
    if (account === null || account.state !== 'active') return;
    // One that does not open is no other answer, which would tell that the account exists.
    const address = await accounts.mailAddress(account.id).catch((error: unknown) => {
      settings.onMailError?.(error);
      return null;
    });
    if (address === null) return;
    const now = clock.nowMs();
    const token = mintMailToken('rst', random);
    const expiresAt = new Date(now + settings.lifeSeconds * 1000);
    const added = await store.add({ tokenHash: token.hash, account: account.id, now: new Date(now), expiresAt });
    if (!added) return;
    await events?.record({ kind: 'reset.requested', account: account.id });
    const minutes = Math.round(settings.lifeSeconds / 60);
    post(resetMail(address, { origin, path: settings.resetPath, token: token.text, minutes }));
  }

  async function redeem(code: string, password: string, req?: Request): Promise<{ readonly account: string } | null> {
    const tokenHash = hashMailToken('rst', code);
    if (tokenHash === null) return null;
    const owner = await store.findLive(tokenHash, new Date(clock.nowMs()));
    if (owner === null) return null;
    const address = await accounts.mailAddress(owner);
    await refuseWeak(passwords, password, { email: address });
    const hash = await passwords.hash(password, { account: owner, ...(req && senderOf(req, proxies)) });
    const account = await store.transaction(async (tx) => {
      const consumed = await store.consume(tokenHash, new Date(clock.nowMs()), tx);
      if (consumed === null || !(await accounts.setPassword(consumed, hash, tx))) return null;
      await sessions?.endAll(consumed, tx);
      await events?.record({ kind: 'reset.redeemed', account: consumed }, tx);
      return consumed;
    });
    if (account === null) return null;
    await rememberDevice(req, account, address, hash);
    await tellOwner(account, address);
    return { account };
  }

  /** At the epoch of this very password: one that was set meanwhile is somebody else's to be remembered for. */
  async function rememberDevice(
    req: Request | undefined,
    id: string,
    login: string | null,
    hash: PasswordHash,
  ): Promise<void> {
    if (settings.devices === undefined || req?.res === undefined || login === null) return;
    // The password is set by then, and its owner must not be told otherwise.
    const account = await accounts.find(id).catch(() => null);
    if (account?.passwordHash === hash) settings.devices.remember(req, req.res, login, account.epoch);
  }

  /** The password is set by then: what fails here is for the log. */
  async function tellOwner(account: string, address: string | null): Promise<void> {
    const known = address === null ? [] : [address];
    const addresses = await (settings.noticeAddresses?.(account) ?? Promise.resolve(known)).catch((error: unknown) => {
      settings.onMailError?.(error);
      return known;
    });
    for (const each of addresses) post(passwordChangedMail(each, origin, settings.forgotPath));
  }

  const resets: Resets = Object.freeze({
    request: (email: string) => atFloor(clock, settings.floorMs, () => mailCode(email)),
    redeem,
    routes: (pages?: ResetPages) => resetRoutes(resets, settings, pages),
    purge: () => store.purge(new Date(clock.nowMs())),
  });
  return resets;
}
