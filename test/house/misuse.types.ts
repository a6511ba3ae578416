/**
 * Misuse that must not compile. Nothing here runs: `npx tsc -p test/tsconfig.json` fails when a line below a
 * `@ts-expect-error` becomes legal. Each function is one way to hurt oneself.
 */
import type { Request } from 'express';
import { safekeep } from 'safekeep';
import type { Database } from 'safekeep/database';
import { type ErrorCode, SafekeepError } from 'safekeep/errors';
import { type BlindIndex, type Ciphertext, createFields, Secret } from 'safekeep/fields';
import { fingerprint, type Pseudonym, type Pseudonyms } from 'safekeep/hashing';
import type { DerivedKeys, KeyRing } from 'safekeep/keys';
import { loginLimit } from 'safekeep/limits';
import type { Logins } from 'safekeep/logins';
import { createPasswords, type PasswordHash, type Passwords } from 'safekeep/passwords';
import { definePolicy } from 'safekeep/policy';
import { createRedactor, type NotPersonal, type StrictLog } from 'safekeep/redaction';
import type { Sessions } from 'safekeep/sessions';
import { tlsOnly } from 'safekeep/transport';
import { type Name, nameOf, say } from '../../src/base/names.js';

declare const typed: string;
declare const request: Request;
declare const passwords: Passwords;
declare const stored: PasswordHash;
declare const sealed: Ciphertext;
declare const pseudonyms: Pseudonyms;
declare const keys: DerivedKeys;
declare const ring: KeyRing;
declare const database: Database;
declare const logins: Logins;
declare const sessions: Sessions;
declare function findByIndex(index: BlindIndex): void;
declare function store(value: Ciphertext): void;
declare function print(text: string): void;

export function aFastHashWhereSomethingMustResistAnAttacker(): void {
  const hash = fingerprint(typed);
  // @ts-expect-error a FastHash is no BlindIndex
  findByIndex(hash);
  // @ts-expect-error nor a Pseudonym
  const token: Pseudonym = hash;
  // @ts-expect-error nor a PasswordHash
  const password: PasswordHash = hash;
  // @ts-expect-error nor sealed
  store(hash);
  void [token, password];
}

export function oneMintedValueInPlaceOfAnother(): void {
  const token = pseudonyms.of('email', typed);
  // @ts-expect-error a Pseudonym finds no row
  findByIndex(token);
  // @ts-expect-error a stored password is no sealed field
  store(stored);
  // @ts-expect-error plain text is not sealed
  store(typed);
  // @ts-expect-error a sealed value finds nothing: it differs every time
  findByIndex(sealed);
}

export function aSecretWhereATextIsPrinted(): void {
  const secret = new Secret(typed, 'user.contact.email');
  // @ts-expect-error a Secret is no text
  print(secret);
  // @ts-expect-error nor has it the methods of one
  print(secret.toUpperCase());
  // @ts-expect-error what is printed cannot be changed
  secret.label = typed;
}

export async function aForgottenAwait(): Promise<void> {
  const verifying = passwords.verify(stored, typed, { account: '17' });
  // @ts-expect-error a promise has nothing to re-hash
  verifying.rehash();
  const account = logins.verify(request, { email: typed, password: typed });
  // @ts-expect-error a promise has no id
  print(account.id);
}

export async function anAnswerThatWasNotLookedAt(): Promise<void> {
  const verified = await passwords.verify(stored, typed, { account: '17' });
  // @ts-expect-error it may be null: the password was wrong
  void verified.rehash();
  const account = await logins.verify(request, { email: typed, password: typed });
  // @ts-expect-error it may be null: nobody signed in
  print(account.id);
}

export function aMisspeltOption(): void {
  // @ts-expect-error csot
  createPasswords({ csot: {} });
  // @ts-expect-error orgin, and no origin
  tlsOnly({ orgin: 'https://shop.example' });
  // @ts-expect-error acount, and no account
  loginLimit({ acount: () => typed });
}

export function whatHasNoSafeDefault(): void {
  // @ts-expect-error which account?
  void passwords.hash(typed);
  // @ts-expect-error which origin?
  tlsOnly({});
  // @ts-expect-error whose attempts are counted?
  loginLimit({});
  // @ts-expect-error a purpose that is none
  keys.derive('passwords', 'email');
  // @ts-expect-error which session?
  void sessions.endAll();
}

export function freeTextInAnError(): void {
  // @ts-expect-error what a person typed is no fact
  throw new SafekeepError('ERR_OPTION_INVALID', { email: typed });
}

export function freeTextInASentence(): Name {
  // @ts-expect-error what a person typed is no gap of a sentence
  void say`unknown ${typed}`;
  // @ts-expect-error a text is no name until it is minted
  const name: Name = typed;
  return nameOf(name);
}

export function aCodeThatIsNone(): void {
  // @ts-expect-error ERR_OPTION_INVALD
  const code: ErrorCode = 'ERR_OPTION_INVALD';
  // @ts-expect-error a code without a table entry has no status
  throw new SafekeepError('ERR_MADE_UP', { code: nameOf(code) });
}

export function aPolicyThatContradictsItself(): void {
  definePolicy({
    application: 'shop',
    purposes: { orders: 'contract' },
    // @ts-expect-error the purpose `advertising` is not declared
    tables: { customers: { row: 'id', columns: { email: { is: 'email', for: ['advertising'] } } } },
  });
  definePolicy({
    application: 'shop',
    purposes: { orders: 'contract' },
    // @ts-expect-error there is no such kind
    tables: { customers: { row: 'id', columns: { email: { is: 'e-mail', for: ['orders'] } } } },
  });
  definePolicy({
    application: 'shop',
    // @ts-expect-error there is no such basis
    purposes: { orders: 'because' },
    tables: {},
  });
}

const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract', orders: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        email: { is: 'email', for: ['account', 'orders'], index: 'email' },
        card: { is: 'card_number', for: ['orders'] },
        password: 'password_hash',
        joined: 'not personal',
      },
    },
    products: 'not personal',
  },
});

export function aPurposeWithoutARight(stored: Readonly<Record<string, unknown>>): void {
  const fields = createFields({ application: 'shop', keys: ring, policy });
  const customer = fields.openRow('customers', stored, 'account');
  print(customer.reveal().email ?? '');
  // @ts-expect-error the purpose `account` may not open the card
  void customer.card;
  // @ts-expect-error nor does revealing the row give it
  void customer.reveal().card;
  // @ts-expect-error nobody opens a password hash
  void customer.password;
  // @ts-expect-error a purpose that is not declared
  void fields.openRow('customers', stored, 'advertising');
  // @ts-expect-error a table that is not personal has nothing to open
  void fields.openRow('products', stored, 'account');
  // @ts-expect-error there is no such column
  void fields.seal(typed, { table: 'customers', column: 'emial', row: 'c-1' });
}

export function sealingWithoutAPlace(): void {
  const fields = createFields({ application: 'shop', keys: ring });
  // @ts-expect-error which place?
  fields.seal(typed);
  // @ts-expect-error which row?
  fields.seal(typed, { table: 'customers', column: 'email' });
  // @ts-expect-error what is sealed is not sealed again
  fields.seal(sealed, { table: 'customers', column: 'email', row: 'c-1' });
  // @ts-expect-error an opened value is a Secret until it is revealed
  print(fields.open(sealed, { table: 'customers', column: 'email', row: 'c-1' }));
  // @ts-expect-error no nonce is the caller's
  fields.seal(typed, { table: 'customers', column: 'email', row: 'c-1', nonce: typed });
}

export async function aPresetThatIsNotToldEnough(): Promise<void> {
  const origin = 'https://shop.example';
  // @ts-expect-error development or production?
  await safekeep({ policy, origin, keys: ring, database, accounts: 'customers' });
  // @ts-expect-error there is no such table
  await safekeep({ policy, origin, keys: ring, database, accounts: 'custmers', mode: 'production' });
  // @ts-expect-error there is no such mode
  await safekeep({ policy, origin, keys: ring, database, accounts: 'customers', mode: 'staging' });
  // @ts-expect-error an opt-out gives its reason in words
  tlsOnly({ origin, dangerouslyAllowPlaintext: true });
}

declare const log: StrictLog;
declare const checked: NotPersonal;
declare const name: Name;

export function whatMayBeLogged(): void {
  const state = typed === 'x' ? 'open' : 'closed';
  log.info({ status: 200, ok: true, none: null, absent: undefined, state, plan: 'plus' }, 'order placed');
  log.warn({ customer: pseudonyms.of('customer_number', typed), route: checked, name, items: [{ count: 1 }, 2] });
  log.error({ err: new SafekeepError('ERR_KEY_UNKNOWN'), nested: { cause: new Error('no') } }, 'failed');
  log.debug('started');
}

export function anUnclassifiedTextInALog(): void {
  // @ts-expect-error a text of unknown origin
  log.info({ login: typed });
  // @ts-expect-error however deep
  log.info({ user: { contact: [typed] } }, 'signed in');
  // @ts-expect-error or behind a prefix
  log.info({ login: `user ${typed}` as const });
  // @ts-expect-error or in the message
  log.info(`hello ${typed}`);
  // @ts-expect-error or in the message beside fields
  log.info({ status: 200 }, typed);
  // @ts-expect-error a date may be a birthday
  log.info({ born: new Date() });
  // @ts-expect-error what came with the request has no type that says anything
  log.info({ body: request.body });
  // @ts-expect-error nor has the outside of a parser
  log.info({ parsed: JSON.parse(typed) as unknown });
}

export function aSecretInALog(): void {
  const secret = new Secret(typed, 'user.contact.email');
  // @ts-expect-error a Secret
  log.info({ secret });
  // @ts-expect-error what is sealed
  log.info({ sealed });
  // @ts-expect-error a stored password
  log.info({ stored });
  // @ts-expect-error a blind index would join the log to the database
  log.info({ index: {} as BlindIndex });
  // @ts-expect-error an xxhash of a datum is guessed in minutes
  log.info({ hash: fingerprint(typed) });
  // @ts-expect-error bytes
  log.info({ body: Buffer.from(typed) });
  // @ts-expect-error the ring itself
  log.info({ ring });
  // @ts-expect-error a pattern is no text
  createRedactor({ patterns: [{ type: 'contract', pattern: 'C-[0-9]+' }] });
}
