import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ada, codeIn, newAccount, passphrase, type TestShop, testShop } from '../shop/shop.js';

let shop: TestShop;
beforeAll(async () => {
  shop = await testShop();
});
afterAll(() => shop.close());
beforeEach(async () => {
  for (const table of ['customers', 'safekeep.registrations', 'safekeep.accounts', 'safekeep.preference_events']) {
    await shop.test.database.query(`delete from ${table}`);
  }
  shop.outbox.length = 0;
});

const customers = () => shop.test.database.query('select * from customers');

describe('registration', () => {
  it('puts nothing into the table of accounts before the mailed code came back', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    expect(await customers()).toEqual([]);
    expect(await shop.keep.accounts.findByLogin(ada.email)).toBeNull();
  });

  it('stores everything that was typed sealed until then, and the code only as a hash', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    const rows = await shop.test.database.query('select *, token_hash::text as hex from safekeep.registrations');
    const stored = JSON.stringify(rows);
    for (const value of [...Object.values(ada), passphrase, codeIn(shop.outbox[0])])
      expect(stored).not.toContain(value);
    expect(String(rows[0]?.['payload'])).toMatch(/^sf1\./);
  });

  it('makes the account when code and password come back, sealed column by column', async () => {
    const id = await newAccount(shop);
    const [row] = await customers();
    for (const column of ['name', 'email', 'phone', 'card', 'password']) expect(row?.[column]).toMatch(/^sf1\./);
    const opened = shop.keep.fields.openRow('customers', row ?? {}, 'orders').reveal();
    expect(opened).toMatchObject({ id, ...ada });
    expect(await shop.keep.accounts.findByLogin(' ADA@example.com ')).toMatchObject({ id, state: 'active', epoch: 1 });
  });

  it('confirms nothing for a code without its password, and gives up after five tries', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    const code = codeIn(shop.outbox[0]);
    for (let at = 0; at < 5; at += 1)
      expect(await shop.keep.accounts.confirm(code, 'a stranger clicked on the link')).toBeNull();
    expect(await shop.keep.accounts.confirm(code, passphrase)).toBeNull();
    expect(await customers()).toEqual([]);
  });

  it('uses a code up: of two at once, one makes the account', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    const code = codeIn(shop.outbox[0]);
    const made = await Promise.all([1, 2, 3].map(() => shop.keep.accounts.confirm(code, passphrase)));
    expect(made.filter((account) => account !== null)).toHaveLength(1);
    expect(await customers()).toHaveLength(1);
  });

  it('makes one account of two registrations of one address', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    await shop.keep.accounts.register({ row: { ...ada, name: 'Eve Example' }, password: passphrase });
    const made = await Promise.all(shop.outbox.map((mail) => shop.keep.accounts.confirm(codeIn(mail), passphrase)));
    expect(made.filter((account) => account !== null)).toHaveLength(1);
    expect(await customers()).toHaveLength(1);
  });

  it('tells a known address by mail, and no code of that registration makes or changes anything', async () => {
    const id = await newAccount(shop);
    await shop.keep.accounts.register({
      row: { ...ada, email: 'ADA@Example.com' },
      password: 'another phrase of six odd words',
    });
    const mail = shop.outbox.at(-1);
    expect(mail).toMatchObject({ to: ada.email, subject: 'You already have an account' });
    expect(codeIn(mail)).toBe('');
    expect((await customers()).map((row) => row['id'])).toEqual([id]);
  });

  it('lets no number of strangers block an address or void the code of its owner', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    const own = codeIn(shop.outbox.at(-1));
    for (let at = 0; at < 12; at += 1) {
      await shop.keep.accounts.register({
        row: { ...ada, name: 'Eve Example' },
        password: 'another phrase of six odd words',
      });
    }
    expect(await shop.keep.accounts.confirm(own, passphrase)).not.toBeNull();
    expect(shop.keep.fields.openRow('customers', (await customers())[0] ?? {}, 'orders').reveal()).toMatchObject(ada);
  });

  it('refuses an opt-in to a purpose without a choice at once, and not when the code comes back', async () => {
    const extra = { preferences: ['newsleter'] };
    await expect(shop.keep.accounts.register({ row: ada, password: passphrase, extra })).rejects.toMatchObject({
      code: 'ERR_PREFERENCE_UNKNOWN',
    });
    expect(shop.outbox).toEqual([]);
  });

  it('is gone after 48 hours', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    shop.clock.advance(48 * 3_600_000 + 1);
    expect(await shop.keep.accounts.confirm(codeIn(shop.outbox[0]), passphrase)).toBeNull();
    expect(await shop.keep.accounts.purge()).toBe(1);
    expect(await shop.test.database.query('select 1 from safekeep.registrations')).toEqual([]);
  });

  it.each(['', 'cnf_', `cnf_${'A'.repeat(49)}`, `rst_${'A'.repeat(49)}`, 'cnf_%00', "cnf_' or 1=1 --"])(
    'refuses the code %j',
    async (code) => {
      expect(await shop.keep.accounts.confirm(code, passphrase)).toBeNull();
    },
  );

  it('refuses a weak password before anything is stored', async () => {
    await expect(shop.keep.accounts.register({ row: ada, password: 'ada@example.com' })).rejects.toMatchObject({
      code: 'ERR_PASSWORD_WEAK',
    });
    expect(await shop.test.database.query('select 1 from safekeep.registrations')).toEqual([]);
    expect(shop.outbox).toEqual([]);
  });

  it('keeps a ticked box as an event dated by the registration, and an empty one as none', async () => {
    const registeredAtMs = shop.clock.nowMs();
    await shop.keep.accounts.register({ row: ada, password: passphrase, extra: { preferences: ['newsletter'] } });
    shop.clock.advance(3_600_000);
    const account = await shop.keep.accounts.confirm(codeIn(shop.outbox[0]), passphrase);
    const id = account?.id ?? '';
    expect(await shop.keep.preferences.effective(id, 'newsletter', 'email')).toBe('granted');
    const event = await shop.test.database.one<{ stated_at: Date }>('select stated_at from safekeep.preference_events');
    expect(Math.abs(event.stated_at.getTime() - registeredAtMs)).toBeLessThan(60_000);
    const bob = await newAccount(shop, { ...ada, email: 'bob@example.com' });
    expect(await shop.keep.preferences.effective(bob, 'newsletter', 'email')).toBe('unset');
  });

  it('answers a known and an unknown address at the same time', async () => {
    const waits: number[] = [];
    const slow = await testShop({
      floorMs: 5000,
      clock: {
        nowMs: () => 1_000_000,
        wait: (ms: number) => {
          waits.push(ms);
          return Promise.resolve();
        },
      },
    });
    await slow.keep.accounts.register({ row: ada, password: passphrase });
    await slow.keep.accounts.confirm(codeIn(slow.outbox[0]), passphrase);
    await slow.keep.accounts.register({ row: ada, password: passphrase });
    await slow.close();
    expect(waits).toEqual([5000, 5000]);
  });

  it('links to the configured origin, with the code in the fragment only', async () => {
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    const links = shop.outbox[0]?.text.match(/https?:\/\/\S+/g) ?? [];
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) {
      expect(new URL(link).origin).toBe('https://shop.example');
      expect(`${new URL(link).pathname}${new URL(link).search}`).not.toContain('cnf_');
    }
  });
});
