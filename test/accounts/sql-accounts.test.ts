import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqlAccounts } from '../../src/accounts/index.js';
import type { Policy } from '../../src/policy/index.js';
import { definePolicy } from '../../src/policy/index.js';
import { missingMailer } from '../../src/preset/missing-mailer.js';
import { ada, newAccount, passphrase, type TestShop, testShop } from '../shop/shop.js';

let shop: TestShop;
beforeAll(async () => {
  shop = await testShop();
});
afterAll(() => shop.close());

const email = { is: 'email', for: ['account'], index: 'email' } as const;

function accountsOf(columns: object, row: string | readonly string[] = 'id'): () => unknown {
  const policy = definePolicy({
    application: 'shop',
    purposes: { account: 'contract' },
    tables: { people: { row, columns: columns as Record<string, 'not personal'> } },
  });
  const { test, keep } = shop;
  return () =>
    sqlAccounts({ database: test.database, policy: policy as Policy, fields: keep.fields as never, table: 'people' });
}

describe('sqlAccounts', () => {
  it.each<[string, object, string | readonly string[], RegExp]>([
    [
      'an e-mail column with an index',
      { mail: { ...email, index: undefined }, hash: 'password_hash' },
      'id',
      /kind email/,
    ],
    ['a password hash', { mail: email }, 'id', /kind password_hash/],
    [
      'an index that finds one person only',
      { mail: { ...email, index: { name: 'mail', bits: 16 } }, hash: 'password_hash' },
      'id',
      /index of 128 bits/,
    ],
    ['a row key of one column', { mail: email, hash: 'password_hash' }, ['a', 'b'], /row key of one column/],
    [
      'one e-mail column only',
      { mail: email, other: { ...email, index: 'other' }, hash: 'password_hash' },
      'id',
      /one column of the kind email/,
    ],
  ])('refuses a table without %s', (_what, columns, row, words) => {
    expect(accountsOf(columns, row)).toThrowError(expect.objectContaining({ code: 'ERR_ACCOUNTS_POLICY' }));
    expect(accountsOf(columns, row)).toThrow(words);
  });

  it('refuses a table whose rows are sealed whole', () => {
    const policy = definePolicy({
      application: 'shop',
      purposes: { account: 'contract' },
      tables: { people: { row: 'id', seal: 'row', columns: { mail: email, hash: 'password_hash' } } },
    });
    const { test, keep } = shop;
    const fields = keep.fields as never;
    const make = () => sqlAccounts({ database: test.database, policy: policy as Policy, fields, table: 'people' });
    expect(make).toThrowError(expect.objectContaining({ code: 'ERR_ACCOUNTS_POLICY' }));
    expect(make).toThrow(/sealed one by one/);
  });

  it('looks an address up by every index value that its row may hold', async () => {
    const asked: unknown[] = [];
    const fields = { open: () => undefined, blindIndexes: () => ['now', 'before'] } as never;
    const query = async (_sql: string, values: readonly unknown[] = []) => {
      asked.push(values[1]);
      return [];
    };
    const database = { query, transaction: () => undefined } as never;
    const policy = definePolicy({
      application: 'shop',
      purposes: { account: 'contract' },
      tables: { customers: { row: 'id', columns: { mail: email, hash: 'password_hash' } } },
    });
    const accounts = sqlAccounts({ database, policy: policy as Policy, fields, table: 'customers' });
    expect(await accounts.findByLogin('ada@example.com')).toBeNull();
    expect(asked).toEqual([['now', 'before']]);
  });

  it('finds no account in a row that was never confirmed', async () => {
    const stored = shop.keep.fields.sealRow('customers', { id: 'x', email: 'planted@example.com' });
    await shop.test.database.query('insert into customers (id, email, email_index, password) values ($1, $2, $3, $4)', [
      'x',
      stored['email'],
      stored['email_index'],
      await shop.keep.passwords.hash(passphrase, { account: 'x' }),
    ]);
    expect(await shop.keep.accounts.findByLogin('planted@example.com')).toBeNull();
    expect(await shop.keep.accounts.find('x')).toBeNull();
  });

  it('swaps a hash only while it is still the one that was read', async () => {
    const id = await newAccount(shop);
    const before = (await shop.keep.accounts.find(id))?.passwordHash;
    const [one, two] = [
      await shop.keep.passwords.hash('one', { account: id }),
      await shop.keep.passwords.hash('two', { account: id }),
    ];
    if (before === undefined) return expect.unreachable();
    expect(await shop.keep.accounts.swapPasswordHash(id, before, one)).toBe(true);
    expect(await shop.keep.accounts.swapPasswordHash(id, before, two)).toBe(false);
    expect(await shop.keep.accounts.replacePassword(id, { passwordHash: before, epoch: 1 }, two)).toBe(false);
    // Nor for an account that has moved on, though its hash has not: a second factor was turned off.
    expect(await shop.keep.accounts.replacePassword(id, { passwordHash: one, epoch: 2 }, two)).toBe(false);
    expect(await shop.keep.accounts.find(id)).toMatchObject({ passwordHash: one, epoch: 1 });
    expect(await shop.keep.accounts.replacePassword(id, { passwordHash: one, epoch: 1 }, two)).toBe(true);
    expect(await shop.keep.accounts.find(id)).toMatchObject({ passwordHash: two, epoch: 2 });
  });

  it('raises the epoch of an account that is there, and says so when there is none', async () => {
    const id = await newAccount(shop, { ...ada, email: 'epoch@example.com' });
    expect(await shop.keep.accounts.raiseEpoch(id)).toBe(2);
    await expect(shop.keep.accounts.raiseEpoch('nobody')).rejects.toMatchObject({ code: 'ERR_ROW_NOT_FOUND' });
  });
});

describe('a preset without a mailer', () => {
  it('answers as always, and logs that no mail left and why', async () => {
    const mute = await testShop({ mailer: undefined });
    await mute.keep.accounts.register({ row: ada, password: passphrase });
    await mute.close();
    expect(mute.lines.join()).toContain('ERR_MAILER_MISSING');
    await expect(missingMailer.send({ to: 'ada@example.com', subject: '', text: '' })).rejects.toMatchObject({
      code: 'ERR_MAILER_MISSING',
    });
  });
});
