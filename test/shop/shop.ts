import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { type Clock, systemClock } from '../../src/base/clock.js';
import type { MailMessage } from '../../src/base/ports/mailer.js';
import { fileRootKey, type KeyRing, openKeyRing } from '../../src/keys/index.js';
import { definePolicy } from '../../src/policy/index.js';
import { type SafekeepOptions, safekeep } from '../../src/safekeep.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

/** What the policy says, for processes that read it for themselves. */
export const shopInput = {
  application: 'shop',
  purposes: { account: 'contract', orders: 'contract', newsletter: 'consent' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        name: { is: 'name', for: ['account', 'orders'], requiredFor: 'account' },
        email: { is: 'email', for: ['account', 'orders'], requiredFor: 'account', index: 'email' },
        phone: { is: 'phone', for: ['account', 'orders'] },
        card: { is: 'card_number', for: ['orders'] },
        password: 'password_hash',
        created_at: 'not personal',
      },
    },
  },
} as const;
export const shopPolicy = definePolicy(shopInput);
type ShopOptions = Omit<Partial<SafekeepOptions<never, never>>, 'policy' | 'accounts' | 'elsewhere'>;
export type ShopKeep = Awaited<ReturnType<typeof openKeep>>;

export interface TestShop {
  readonly keep: ShopKeep;
  readonly test: TestDatabase;
  readonly keys: KeyRing;
  /** Where the root key and the ring lie. */
  readonly directory: string;
  /** Mails in the order they were sent. */
  readonly outbox: MailMessage[];
  /** Log lines as they were written. */
  readonly lines: string[];
  readonly clock: Clock & { advance(ms: number): void };
  close(): Promise<void>;
}

export const ada = {
  name: 'Ada Example',
  email: 'ada@example.com',
  phone: '+1 202 555 0142',
  card: '4111111111111111',
};
export const passphrase = 'seven otters juggle lanterns';

function openKeep(test: TestDatabase, keys: Awaited<ReturnType<typeof openKeyRing>>, more: ShopOptions) {
  return safekeep({
    policy: shopPolicy,
    origin: 'https://shop.example',
    mode: 'development',
    keys,
    database: test.database,
    accounts: 'customers',
    floorMs: 0,
    mailsPerHour: 1000,
    loginLimits: { perAccount: 100, perSubnet: 1000 },
    ...more,
  });
}

/** The whole toolkit over a database of its own, with mails and log lines to look at and a clock to move. */
export async function testShop(more: ShopOptions = {}): Promise<TestShop> {
  const directory = await mkdtemp(join(tmpdir(), 'safekeep-shop-'));
  const keys = await openKeyRing({
    root: fileRootKey(join(directory, 'root.key'), { create: true }),
    path: join(directory, 'keys.json'),
    create: true,
  });
  const test = await testDatabase();
  await test.database.query(`create table customers (id text primary key, name text, email text, email_index text unique,
    phone text, card text, password text not null, created_at timestamptz not null default now())`);
  const outbox: MailMessage[] = [];
  const lines: string[] = [];
  let aheadMs = 0;
  const clock = {
    nowMs: () => systemClock.nowMs() + aheadMs,
    wait: systemClock.wait,
    advance(ms: number) {
      aheadMs += ms;
    },
  };
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const mailer = {
    send(message: MailMessage) {
      outbox.push(message);
      return Promise.resolve();
    },
  };
  const keep = await openKeep(test, keys, { mailer, clock, log: pino({ level: 'trace' }, sink), ...more });
  return {
    keep,
    test,
    keys,
    directory,
    outbox,
    lines,
    clock,
    async close() {
      await keep.close();
      keys.close();
      await test.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The code in a mail. */
export function codeIn(message: MailMessage | undefined): string {
  return /\b(?:rst|cnf|chg|und)_[A-Za-z0-9_-]{49}\b/.exec(message?.text ?? '')?.[0] ?? '';
}

/** Registers and confirms an account; gives its id. */
export async function newAccount(
  { keep, outbox }: TestShop,
  row: Readonly<Record<string, string>> = ada,
): Promise<string> {
  await keep.accounts.register({ row, password: passphrase });
  const account = await keep.accounts.confirm(codeIn(outbox.at(-1)), passphrase);
  if (account === null) throw new Error('the account was not confirmed');
  return account.id;
}
