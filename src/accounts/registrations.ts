import { randomUUID } from 'node:crypto';
import type { Request } from 'express';
import { atFloor } from '../base/answer-floor.js';
import type { PasswordHash } from '../base/brands.js';
import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import { isSafekeepError, SafekeepError } from '../base/errors.js';
import { hashMailToken, mintMailToken } from '../base/mail-token.js';
import { nameOf, say } from '../base/names.js';
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
import type { Account, Accounts } from '../base/ports/accounts.js';
import type { Database, Queryable } from '../base/ports/database.js';
import type { Mailer, MailMessage } from '../base/ports/mailer.js';
import type { SecurityEvents } from '../base/ports/security-events.js';
import { sendLater } from '../base/send-later.js';
import type { Envelopes } from '../envelope/index.js';
import type { Fields } from '../fields/index.js';
import { createProxies, type Proxies, type Sender, senderOf } from '../http/index.js';
import type { Passwords } from '../passwords/index.js';
import type { Policy } from '../policy/index.js';
import { formatOf } from '../policy/intake-formats.js';
import { accountTable } from './account-table.js';
import { lockAddress } from './lock-address.js';
import { accountExistsMail, confirmMail } from './mail-texts.js';
import { refuseWeak } from './refuse-weak.js';

export interface RegistrationsOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly fields: Fields;
  readonly envelopes: Envelopes;
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  /** The application's table of accounts, as declared in the policy. */
  readonly table: string;
  readonly mailer: Mailer;
  /** Where mails link to; never taken from a request. */
  readonly origin: string;
  /** The page for the mailed code. Default `/confirm`. */
  readonly confirmPath?: string | undefined;
  /** The page for a forgotten password. Default `/forgot`. */
  readonly forgotPath?: string | undefined;
  /** Called when a mail could not be sent; the request has been answered by then. */
  readonly onMailError?: ((error: unknown) => void) | undefined;
  /** Called once with every new account, in the transaction that makes it. */
  readonly onConfirmed?: ((confirmed: Confirmed, tx: Queryable) => Promise<void>) | undefined;
  readonly events?: SecurityEvents | undefined;
  /** Tells which network a request came from, for the gate in front of the hashing. */
  readonly proxies?: Proxies | undefined;
  /** Every registration is answered at this many milliseconds, known address or not. 0 to 10,000, default 750. */
  readonly floorMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** A registration that its mail has confirmed. */
export interface Confirmed {
  readonly account: string;
  /** What `register` was given beside the row, such as the choices of opt-in boxes. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly registeredAtMs: number;
}

export interface Registration {
  /** The accepted body of the table's intake, without the password. */
  readonly row: Readonly<Record<string, string>>;
  readonly password: string;
  /** Anything that must survive until the confirmation; sealed with the rest. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

export interface Registrations {
  /**
   * Takes a registration. It always ends the same way at the same time and tells nobody whether the address is known:
   * a new one gets a code, a known one a mail that says so. Nothing is in the table of accounts until the code came back.
   * @param req the request it came with: its network waits its turn for the hash, and a client that left is dropped
   * @throws SafekeepError ERR_PASSWORD_WEAK, ERR_INTAKE_REFUSED for what is no address, ERR_PASSWORD_BUSY (503), before
   *   anything is stored
   */
  register(registration: Registration, req?: Request): Promise<void>;
  /**
   * Makes the account of a mailed code, once. It takes the password too: whoever registers a stranger's address with a
   * password of their own gets no account out of the stranger's click.
   * @returns null when the code is unknown, used or older than 48 hours, the password is another, or five were tried
   * @throws SafekeepError ERR_PASSWORD_BUSY (503): the password was not looked at, and this was none of the five
   */
  confirm(code: string, password: string, req?: Request): Promise<Account | null>;
  /** Deletes registrations that were not confirmed in time; returns how many. */
  purge(): Promise<number>;
}

const lifeMs = 48 * 3_600_000;
const mostTries = 5;
const place = (id: string) => ({ table: 'safekeep.registrations', column: 'payload', row: id });

const shape = {
  database: required(objectRule<Database>('query', 'transaction')),
  policy: required(objectRule<Policy>('table')),
  fields: required(objectRule<Fields>('sealRow', 'blindIndexes')),
  envelopes: required(objectRule<Envelopes>('seal', 'open')),
  accounts: required(objectRule<Accounts>('findByLogin', 'mailAddress')),
  passwords: required(objectRule<Passwords>('hash', 'verify')),
  table: required(textRule({ maxLength: 130 })),
  mailer: required(objectRule<Mailer>('send')),
  origin: required(originRule()),
  confirmPath: withDefault(textRule(), '/confirm'),
  forgotPath: withDefault(textRule(), '/forgot'),
  onMailError: optional(functionRule<(error: unknown) => void>()),
  onConfirmed: optional(functionRule<(confirmed: Confirmed, tx: Queryable) => Promise<void>>()),
  events: optional(objectRule<SecurityEvents>('record')),
  proxies: optional(objectRule<Proxies>('clientAddress')),
  floorMs: withDefault(integerRule({ min: 0, max: 10_000 }), 750),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

interface Payload {
  readonly row: Readonly<Record<string, string>>;
  readonly hash: PasswordHash;
  readonly extra: Readonly<Record<string, unknown>>;
}

/**
 * Registration with a confirmed mail address. Until the mailed code comes back everything that was typed is one sealed
 * value in `safekeep.registrations`, which blocks no address, signs nobody in, and is gone after 48 hours.
 */
export function createRegistrations(options: RegistrationsOptions): Registrations {
  const settings = readOptions('createRegistrations', shape, options);
  const { database, fields, envelopes, accounts, passwords, table, mailer, origin, clock, random, events } = settings;
  const { key, login, loginIndex, password: passwordColumn, sqlName } = accountTable(settings.policy, table);

  function post(message: MailMessage): void {
    sendLater(mailer, message, settings.onMailError);
  }

  const proxies = settings.proxies ?? createProxies();

  async function store(
    { row, password, extra = {} }: Registration,
    address: string,
    sender: Sender | undefined,
  ): Promise<void> {
    const id = randomUUID();
    // Hashed for known and unknown addresses alike: it is the dearest step.
    const hash = await passwords.hash(password, { account: id, ...sender });
    const [index] = fields.blindIndexes(table, { [login.name]: address });
    const now = clock.nowMs();
    const known = await accounts.findByLogin(address);
    const payload = { row, hash, extra } satisfies Payload;
    const token = mintMailToken('cnf', random);
    // A known address leaves the same trace, but its code opens nothing: confirm finds the account and stops.
    await database.query(
      `insert into safekeep.registrations (id, token_hash, realm, login_index, payload, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        id,
        token.hash,
        table,
        index,
        envelopes.seal({ type: 'json', value: payload }, place(id)),
        new Date(now),
        new Date(now + lifeMs),
      ],
    );
    if (known === null) {
      post(confirmMail(address, { origin, path: settings.confirmPath, token: token.text }));
      return;
    }
    // To the stored address: what was typed may differ from it in a way that two mail servers read differently.
    // One that does not open is no other answer, which would tell that the account exists.
    const stored = await accounts.mailAddress(known.id).catch((error: unknown) => {
      settings.onMailError?.(error);
      return null;
    });
    if (stored !== null) post(accountExistsMail(stored, origin, settings.forgotPath));
  }

  async function makeAccount(id: string, payload: Payload, registeredAtMs: number): Promise<Account | null> {
    return database.transaction(async (tx) => {
      // Two codes of one address at once: the second waits here and finds the account.
      // Under every version of the index, in one order: the key may have changed since the code was mailed.
      const indexes = fields.blindIndexes(table, { [login.name]: payload.row[login.name] });
      await lockAddress(tx, table, indexes);
      const spent = await tx.query(
        'delete from safekeep.registrations where id = $3 or (realm = $1 and login_index = any($2)) returning id',
        [table, indexes, id],
      );
      if (!spent.some((row) => row['id'] === id)) return null;
      const taken = await tx.query(`select 1 from ${sqlName} where "${loginIndex}" = any($1)`, [indexes]);
      if (taken.length > 0) return null;
      const stored = fields.sealRow(table, { ...payload.row, [key]: id, [passwordColumn.name]: payload.hash });
      const names = Object.keys(stored);
      await tx.query(
        `insert into ${sqlName} (${names.map((name) => `"${name}"`).join(', ')})
         values (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
        Object.values(stored),
      );
      const now = new Date(clock.nowMs());
      await tx.query(
        `insert into safekeep.accounts (realm, account, confirmed_at, password_changed_at) values ($1, $2, $3, $3)`,
        [table, id, now],
      );
      await settings.onConfirmed?.({ account: id, extra: payload.extra, registeredAtMs }, tx);
      await events?.record({ kind: 'account.confirmed', account: id }, tx);
      return Object.freeze({ id, passwordHash: payload.hash, state: 'active' as const, epoch: 1 });
    });
  }

  async function giveBack(id: string): Promise<void> {
    await database.query(
      'update safekeep.registrations set attempts = attempts - 1 where id = $1 and realm = $2 and attempts > 0',
      [id, table],
    );
  }

  async function purge(): Promise<number> {
    const gone = await database.query('delete from safekeep.registrations where expires_at <= $1 returning 1', [
      new Date(clock.nowMs()),
    ]);
    return gone.length;
  }

  return Object.freeze({
    async register(registration: Registration, req?: Request) {
      const sender = req && senderOf(req, proxies);
      const address = registration.row[login.name] ?? '';
      // Also of a row that no intake has read: an index folds what is no address to somebody's.
      if (!formatOf('email').accepts(address)) {
        throw new SafekeepError('ERR_INTAKE_REFUSED', { fields: [say`${nameOf(login.name)} malformed`] });
      }
      await refuseWeak(passwords, registration.password, { email: address });
      await atFloor(clock, settings.floorMs, async () => {
        await purge();
        await store(registration, address, sender);
      });
    },
    async confirm(code: string, password: string, req?: Request) {
      const hash = hashMailToken('cnf', code);
      if (hash === null) return null;
      // The try is counted before the password is looked at, so parallel tries cannot share one place.
      const [found] = await database.query<{ id: string; payload: string; created_at: Date }>(
        `update safekeep.registrations set attempts = attempts + 1
         where token_hash = $1 and realm = $2 and expires_at > $3 and attempts < $4
         returning id, payload, created_at`,
        [hash, table, new Date(clock.nowMs()), mostTries],
      );
      if (found === undefined) return null;
      const payload = envelopes.open(found.payload, place(found.id), 'json') as Payload;
      const context = { account: found.id, ...(req && senderOf(req, proxies)) };
      const verified = await passwords.verify(payload.hash, password, context).catch(async (error: unknown) => {
        // No room to hash is our failure: the password was not looked at, and the person keeps the try.
        if (isSafekeepError(error, 'ERR_PASSWORD_BUSY')) await giveBack(found.id);
        throw error;
      });
      if (verified === null) return null;
      return makeAccount(found.id, payload, found.created_at.getTime());
    },
    purge,
  });
}
