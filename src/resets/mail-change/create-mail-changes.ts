import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Router } from 'express';
import { accountTable } from '../../accounts/account-table.js';
import { lockAddress } from '../../accounts/lock-address.js';
import { mailAddress } from '../../accounts/mail-address.js';
import { atFloor } from '../../base/answer-floor.js';
import { type Clock, type Random, systemClock, systemRandom } from '../../base/clock.js';
import { SafekeepError } from '../../base/errors.js';
import { hashMailToken, mintMailToken } from '../../base/mail-token.js';
import { nameOf, say } from '../../base/names.js';
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
} from '../../base/options.js';
import type { Account, Accounts } from '../../base/ports/accounts.js';
import type { Database, Queryable } from '../../base/ports/database.js';
import type { Mailer, MailMessage } from '../../base/ports/mailer.js';
import type { SecurityEvents } from '../../base/ports/security-events.js';
import { sendLater } from '../../base/send-later.js';
import type { Envelopes } from '../../envelope/index.js';
import type { Fields } from '../../fields/index.js';
import { attemptOf, type Devices } from '../../limits/index.js';
import type { Policy } from '../../policy/index.js';
import { formatOf } from '../../policy/intake-formats.js';
import { maybeSessionOf, owesFactor, rememberVerified, type Session, type Sessions } from '../../sessions/index.js';
import { type StoredChange, sqlChangeStore } from './change-store.js';
import {
  addressInUseMail,
  addressReplacedMail,
  addressRestoredMail,
  addressSetMail,
  addressWithdrawnMail,
  newAddressMail,
} from './mail-texts.js';
import type { MailChangePages } from './pages.js';
import { mailChangeRoutes } from './routes.js';

export interface MailChangesOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly fields: Fields;
  /** They seal the other address while a change can be confirmed or undone. */
  readonly envelopes: Envelopes;
  readonly accounts: Accounts;
  /** The application's table of accounts, as declared in the policy. */
  readonly table: string;
  readonly sessions: Sessions;
  /** `logins.prove`: who confirms without a fresh session gives the password. */
  readonly prove: (req: Request, account: string, password: unknown) => Promise<Account | null>;
  /** Makes the limit in front of that password (`loginLimit`), keyed by the account that the code is for. */
  readonly proofLimit: (account: (req: Request) => string) => RequestHandler;
  readonly mailer: Mailer;
  /** Where mails link to; never taken from a request. */
  readonly origin: string;
  /** In front of what costs a mail or takes a code without a password; `requestLimit` or your own. */
  readonly limit?: RequestHandler | undefined;
  /** Remembers the browser that confirmed in its session, under the new address. */
  readonly devices?: Devices | undefined;
  /** Default `/account/email`. */
  readonly changePath?: string | undefined;
  /** Default `/account/email/confirm`. */
  readonly confirmPath?: string | undefined;
  /** Default `/account/email/undo`. */
  readonly undoPath?: string | undefined;
  /** Default `/forgot`. */
  readonly forgotPath?: string | undefined;
  /** How long the code to the new address works, in seconds. 300 to 86,400, default 3,600. */
  readonly lifeSeconds?: number | undefined;
  /** How long the old address can take the account back, in days. 1 to 30, default 7. */
  readonly undoDays?: number | undefined;
  /** How long ago a sign-in may be that asks for a change, or confirms one, in seconds. 30 to 3,600, default 900. */
  readonly freshSeconds?: number | undefined;
  /** Every request is answered at this many milliseconds, known address or not. 0 to 10,000, default 500. */
  readonly floorMs?: number | undefined;
  /** Called when a mail could not be sent; the request has been answered by then. */
  readonly onMailError?: ((error: unknown) => void) | undefined;
  readonly events?: SecurityEvents | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface MailChanges {
  /**
   * Mails a code to a new address of the account; `sessions.fresh` belongs in front. Always ends alike, at the same
   * time: an address that another account has is told by mail to that account, and to nobody here.
   * @throws SafekeepError ERR_INTAKE_REFUSED (422) for what is no address
   */
  request(account: string, address: string): Promise<void>;
  /** Mount it on the route that calls `confirm`, after the body parser: it reads the body's `code`. */
  readonly limit: RequestHandler;
  /**
   * Gives the account its new address, for the code that was mailed to it and a fresh session of the account, or else
   * its password: whoever reads the mail of a mistyped address gets no account by it. Every session ends, and every
   * mailed code of before is void; `sessions.start` for the browser that asked.
   * @returns null: the code is unknown, used or too old, something else changed since, the address was taken
   *   meanwhile, or the password is wrong. Say the same words.
   * @throws SafekeepError ERR_ATTEMPT_MISSING without the limit
   */
  confirm(req: Request, code: string, password?: unknown): Promise<{ readonly account: string } | null>;
  /**
   * Puts the old address back, for the code that was mailed to it, whatever happened to the account since, and ends
   * every session. Changes that came later can then not be undone any more. It does NOT change the password, which
   * whoever made the change may know: lead on to `/forgot`.
   * @returns null: the code is unknown, used or too old, or another account has the address by now
   */
  undo(code: string): Promise<{ readonly account: string } | null>;
  /** Where notices about the account go: its address, and those that can still take it back. */
  noticeAddresses(account: string): Promise<readonly string[]>;
  /** GET and POST of the three pages, as HTML and JSON. `pages` gives them your own look. */
  routes(pages?: MailChangePages): Router;
  /** Deletes what expired; returns how many. */
  purge(): Promise<number>;
}

const shape = {
  database: required(objectRule<Database>('query', 'transaction')),
  policy: required(objectRule<Policy>('table')),
  fields: required(objectRule<Fields>('updateRow', 'blindIndexes')),
  envelopes: required(objectRule<Envelopes>('seal', 'open')),
  accounts: required(objectRule<Accounts>('findByLogin', 'mailAddress', 'raiseEpoch')),
  table: required(textRule({ maxLength: 130 })),
  sessions: required(objectRule<Sessions>('middleware', 'fresh', 'start', 'end')),
  prove: required(functionRule<MailChangesOptions['prove']>()),
  proofLimit: required(functionRule<MailChangesOptions['proofLimit']>()),
  mailer: required(objectRule<Mailer>('send')),
  origin: required(originRule()),
  limit: optional(functionRule<RequestHandler>()),
  devices: optional(objectRule<Devices>('remember')),
  changePath: withDefault(textRule(), '/account/email'),
  confirmPath: withDefault(textRule(), '/account/email/confirm'),
  undoPath: withDefault(textRule(), '/account/email/undo'),
  forgotPath: withDefault(textRule(), '/forgot'),
  lifeSeconds: withDefault(integerRule({ min: 300, max: 86_400 }), 3600),
  undoDays: withDefault(integerRule({ min: 1, max: 30 }), 7),
  freshSeconds: withDefault(integerRule({ min: 30, max: 3600 }), 900),
  floorMs: withDefault(integerRule({ min: 0, max: 10_000 }), 500),
  onMailError: optional(functionRule<(error: unknown) => void>()),
  events: optional(objectRule<SecurityEvents>('record')),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

const dayMs = 86_400_000;

/**
 * A new mail address for an account, by the machinery of resets: a code of 32 random bytes, stored hashed, that only
 * the new mailbox gets; used up in the transaction that writes the address and raises the account's epoch. The old
 * mailbox gets a code that undoes it for some days. Until then the other address is kept sealed for its account.
 *
 * It does NOT help whose old mailbox is read by somebody else: for as long as the change can be undone, so can they.
 * ASVS 5.0 6.3.7, 7.5.1.
 */
export function createMailChanges(options: MailChangesOptions): MailChanges {
  const settings = readOptions('createMailChanges', shape, options);
  const { database, fields, envelopes, accounts, table, mailer, origin, clock, random, events } = settings;
  const { forgotPath } = settings;
  const columns = accountTable(settings.policy, table);
  const { key, login, loginIndex, sqlName } = columns;
  const store = sqlChangeStore({ database, realm: table });
  const named = new WeakMap<Request, string>();
  const limited = settings.proofLimit((req) => named.get(req) ?? '');

  const now = (): Date => new Date(clock.nowMs());
  const inFuture = (ms: number): Date => new Date(clock.nowMs() + ms);
  // Bound to its account: whoever writes to the database can give a change to no other.
  const place = (account: string, id: string) => ({
    ...{ table: 'safekeep.mail_changes', column: 'address', row: [table, account, id] },
  });

  function seal(account: string, address: string): { readonly id: string; readonly address: string } {
    const id = randomUUID();
    return { id, address: envelopes.seal({ type: 'text', value: address }, place(account, id)) };
  }
  const opened = ({ account, id, address }: StoredChange): string =>
    envelopes.open(address, place(account, id), 'text');

  function post(message: MailMessage): void {
    sendLater(mailer, message, settings.onMailError);
  }

  async function mailCode(account: string, address: string): Promise<void> {
    const known = await accounts.findByLogin(address);
    const token = mintMailToken('chg', random);
    // An address that somebody has leaves the same trace, but nobody is mailed its code.
    const change = { account, tokenHash: token.hash, ...seal(account, address), now: now() };
    if (!(await store.add({ ...change, expiresAt: inFuture(settings.lifeSeconds * 1000) }))) return;
    await events?.record({ kind: 'mail.requested', account });
    if (known === null || known.id === account) {
      const minutes = Math.round(settings.lifeSeconds / 60);
      post(newAddressMail(address, { origin, path: settings.confirmPath, token: token.text, minutes }));
      return;
    }
    // One that does not open is no other answer, which would tell that the account exists.
    const stored = await accounts.mailAddress(known.id).catch((error: unknown) => {
      settings.onMailError?.(error);
      return null;
    });
    if (stored !== null) post(addressInUseMail(stored, { origin, forgotPath }));
  }

  function isFresh(session: Session | undefined): session is Session {
    return session !== undefined && clock.nowMs() - session.startedAtMs <= settings.freshSeconds * 1000;
  }

  async function isProven(req: Request, account: string, password: unknown): Promise<boolean> {
    const session = maybeSessionOf(req);
    // The limit counted for another code than this one, or not at all.
    if (named.get(req) !== account) throw new SafekeepError('ERR_ATTEMPT_MISSING');
    if (isFresh(session) && session.account === account) {
      // No password is looked at, so none was tried.
      await attemptOf(req).abandon();
      return true;
    }
    return (await settings.prove(req, account, password)) !== null;
  }

  /** Whether another account has the address by now; from here to the end of the transaction none can get it. */
  async function isTaken(account: string, address: string, tx: Queryable): Promise<boolean> {
    const indexes = fields.blindIndexes(table, { [login.name]: address });
    await lockAddress(tx, table, indexes);
    const taken = await tx.query(`select 1 from ${sqlName} where "${loginIndex}" = any($1) and "${key}"::text <> $2`, [
      ...[indexes, account],
    ]);
    return taken.length > 0;
  }

  /** Writes the address and ends every session; gives the address that was there, and the new epoch. */
  async function move(account: string, address: string, tx: Queryable) {
    const before = await mailAddress(tx, fields, columns, account);
    await fields.updateRow(table, { [key]: account }, { [login.name]: address }, { database: tx });
    const epoch = await accounts.raiseEpoch(account, tx);
    return { before, epoch };
  }

  async function confirm(req: Request, code: string, password?: unknown): Promise<{ readonly account: string } | null> {
    const tokenHash = hashMailToken('chg', code);
    const found = tokenHash === null ? null : await store.find(tokenHash, 'pending', now());
    if (tokenHash === null || found === null || !(await isProven(req, found.account, password))) return null;
    const token = mintMailToken('und', random);
    const done = await database.transaction(async (tx) => {
      await store.lock(tokenHash, tx);
      // Once more, behind the lock: of two at once, the second finds the change made.
      const change = await store.find(tokenHash, 'pending', now(), tx);
      if (change === null) return null;
      const { account } = change;
      const address = opened(change);
      if (await isTaken(account, address, tx)) return null;
      const { before, epoch } = await move(account, address, tx);
      await store.removePending(account, tx);
      if (before !== null) {
        const undo = { account, tokenHash: token.hash, ...seal(account, before), epoch, now: now() };
        await store.keepUndo({ ...undo, expiresAt: inFuture(settings.undoDays * dayMs) }, tx);
      }
      await events?.record({ kind: 'mail.changed', account }, tx);
      return { account, address, before, epoch };
    });
    if (done === null) return null;
    const { account, address, before, epoch } = done;
    const isOwing = owesFactor(req, account);
    rememberVerified(req, account, epoch, { owesFactor: isOwing });
    if (req.res !== undefined && !isOwing) settings.devices?.remember(req, req.res, address, epoch);
    if (before !== null) {
      const { undoPath: path, undoDays: days } = settings;
      post(addressReplacedMail(before, { origin, path, token: token.text, days }));
    }
    post(addressSetMail(address, { origin, forgotPath }));
    return { account };
  }

  async function undo(code: string): Promise<{ readonly account: string } | null> {
    const tokenHash = hashMailToken('und', code);
    if (tokenHash === null) return null;
    const done = await database.transaction(async (tx) => {
      await store.lock(tokenHash, tx);
      const change = await store.find(tokenHash, 'confirmed', now(), tx);
      if (change === null) return null;
      const { account } = change;
      const address = opened(change);
      if (await isTaken(account, address, tx)) return null;
      const { before } = await move(account, address, tx);
      await store.removeSince(account, change.epoch, tx);
      await events?.record({ kind: 'mail.undone', account }, tx);
      return { account, address, before };
    });
    if (done === null) return null;
    post(addressRestoredMail(done.address, { origin, forgotPath }));
    if (done.before !== null && done.before !== done.address) post(addressWithdrawnMail(done.before));
    return { account: done.account };
  }

  function limit(req: Request, res: Parameters<RequestHandler>[1], next: (error?: unknown) => void): void {
    const body: unknown = req.body;
    const code = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)['code'] : undefined;
    const tokenHash = hashMailToken('chg', code);
    const account = tokenHash === null ? Promise.resolve(null) : store.find(tokenHash, 'pending', now());
    account.then((found) => {
      if (found !== null) named.set(req, found.account);
      void limited(req, res, next);
    }, next);
  }

  const changes: MailChanges = Object.freeze({
    async request(account: string, address: string) {
      const typed = address.trim();
      if (!formatOf('email').accepts(typed)) {
        throw new SafekeepError('ERR_INTAKE_REFUSED', { fields: [say`${nameOf(login.name)} malformed`] });
      }
      await atFloor(clock, settings.floorMs, () => mailCode(account, typed));
    },
    limit,
    confirm,
    undo,
    async noticeAddresses(account: string) {
      const present = await accounts.mailAddress(account);
      const addresses = new Set(present === null ? [] : [present]);
      for (const change of await store.undoable(account, now())) {
        // One that was damaged must not keep the others from being told.
        try {
          addresses.add(opened(change));
        } catch (error) {
          settings.onMailError?.(error);
        }
      }
      return [...addresses];
    },
    routes: (pages?: MailChangePages) => mailChangeRoutes(changes, { ...settings, isFresh }, pages),
    purge: () => store.purge(now()),
  });
  return changes;
}
