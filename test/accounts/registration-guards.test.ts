import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ada, codeIn, newAccount, passphrase, type TestShop, testShop } from '../shop/shop.js';

let shop: TestShop;
beforeAll(async () => {
  shop = await testShop();
});
afterAll(() => shop.close());
beforeEach(async () => {
  for (const table of ['customers', 'safekeep.registrations', 'safekeep.accounts']) {
    await shop.test.database.query(`delete from ${table}`);
  }
  shop.outbox.length = 0;
});

const query = (sql: string) => shop.test.database.query(sql);

describe('a registration', () => {
  it('makes no second account of an address that has one, whatever code comes back', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    await query('create table kept_registrations as select * from safekeep.registrations');
    expect(await shop.keep.accounts.confirm(codeIn(shop.outbox[0]), passphrase)).not.toBeNull();
    await query('insert into safekeep.registrations select * from kept_registrations');
    expect(await shop.keep.accounts.confirm(codeIn(shop.outbox[0]), passphrase)).toBeNull();
    expect(await query('select 1 from customers')).toHaveLength(1);
    await query('drop table kept_registrations');
  });

  it.each(['', 'ada', 'ada@example.com#evil.example', 'ada@example.com/x.example'])(
    'is not taken for %j, which is no address, or an index would fold it to somebody’s',
    async (email) => {
      await expect(shop.keep.accounts.register({ row: { ...ada, email }, password: passphrase })).rejects.toMatchObject(
        { code: 'ERR_INTAKE_REFUSED', status: 422 },
      );
      expect(await query('select 1 from safekeep.registrations')).toEqual([]);
      expect(shop.outbox).toEqual([]);
    },
  );

  it('is of one table of accounts and confirms nothing for another', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    await query(`update safekeep.registrations set realm = 'subscribers'`);
    expect(await shop.keep.accounts.confirm(codeIn(shop.outbox[0]), passphrase)).toBeNull();
    expect(await query('select attempts from safekeep.registrations')).toEqual([{ attempts: 0 }]);
    await query(`update safekeep.registrations set realm = 'customers'`);
    expect(await shop.keep.accounts.confirm(codeIn(shop.outbox[0]), passphrase)).not.toBeNull();
  });

  it('clears away those that nobody confirmed in time', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    shop.clock.advance(48 * 3_600_000 + 1);
    await shop.keep.accounts.register({ row: { ...ada, email: 'bob@example.com' }, password: passphrase });
    expect(await query('select 1 from safekeep.registrations')).toHaveLength(1);
  });
});

describe('an account', () => {
  it('of another table of accounts is none of this one', async () => {
    const id = await newAccount(shop);
    await query(`update safekeep.accounts set realm = 'subscribers'`);
    expect(await shop.keep.accounts.find(id)).toBeNull();
    expect(await shop.keep.accounts.findByLogin(ada.email)).toBeNull();
  });
});
