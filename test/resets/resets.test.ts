import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createResets, sqlResetStore } from '../../src/resets/index.js';
import { ada, codeIn, newAccount, passphrase, type TestShop, testShop } from '../shop/shop.js';

let shop: TestShop;
let id: string;
const next = 'nine quiet tractors climb the attic';

beforeAll(async () => {
  shop = await testShop();
});
afterAll(() => shop.close());
beforeEach(async () => {
  await shop.test.database.query('delete from safekeep.accounts');
  await shop.test.database.query('delete from customers');
  shop.outbox.length = 0;
  id = await newAccount(shop);
  shop.outbox.length = 0;
});

async function mailedCode(): Promise<string> {
  await shop.keep.resets.request(ada.email);
  return codeIn(shop.outbox.at(-1));
}
async function opensWith(password: string): Promise<boolean> {
  const account = await shop.keep.accounts.find(id);
  return (await shop.keep.passwords.verify(account?.passwordHash ?? null, password, { account: id })) !== null;
}

describe('resets', () => {
  it('sets the new password once, and tells the owner', async () => {
    const code = await mailedCode();
    expect(await shop.keep.resets.redeem(code, next)).toEqual({ account: id });
    expect([await opensWith(passphrase), await opensWith(next)]).toEqual([false, true]);
    expect(await shop.keep.resets.redeem(code, next)).toBeNull();
    expect(shop.outbox.at(-1)).toMatchObject({ to: ada.email, subject: 'Your password was changed' });
  });

  it('remembers the browser that redeemed it, under the epoch of that password, and does not sign it in', async () => {
    const code = await mailedCode();
    const app = express().use(shop.keep.resets.routes());
    const { headers } = await request(app).post('/reset').send({ code, password: next }).expect(200);
    const cookies = headers['set-cookie'] as unknown as string[];
    expect(cookies.map((line) => line.split('=')[0])).toEqual(['__Host-device']);
    const cookie = cookies[0]?.split(';')[0] ?? '';
    expect(shop.keep.devices.read({ headers: { cookie } } as never, ada.email)).toMatchObject({ epoch: 2 });
  });

  it('is done when the password is set, though the browser cannot be remembered nor anybody told', async () => {
    const code = await mailedCode();
    const errors: unknown[] = [];
    const away = () => Promise.reject(new Error('the database is away'));
    const resets = createResets({
      store: sqlResetStore({ database: shop.test.database, realm: 'customers' }),
      accounts: { ...shop.keep.accounts, find: away },
      passwords: shop.keep.passwords,
      mailer: { send: (mail) => Promise.resolve(void shop.outbox.push(mail)) },
      origin: 'https://shop.example',
      devices: shop.keep.devices,
      noticeAddresses: away,
      onMailError: (error) => void errors.push(error),
    });
    const app = express().use(resets.routes());
    await request(app).post('/reset').send({ code, password: next }).expect(200);
    // The address that was read before is told all the same.
    expect(shop.outbox.at(-1)).toMatchObject({ to: ada.email, subject: 'Your password was changed' });
    expect(errors).toHaveLength(1);
  });

  it('does not remember it for a password that was replaced before the answer', async () => {
    const code = await mailedCode();
    const remembered: unknown[] = [];
    const { passwords } = shop.keep;
    const resets = createResets({
      store: sqlResetStore({ database: shop.test.database, realm: 'customers' }),
      // Read after the reset: another hash lies there by then.
      accounts: {
        ...shop.keep.accounts,
        find: async () => ({ ...(await shop.keep.accounts.find(id)), passwordHash: 'x' }) as never,
      },
      passwords,
      mailer: { send: () => Promise.resolve() },
      origin: 'https://shop.example',
      devices: { ...shop.keep.devices, remember: (...given) => void remembered.push(given) },
    });
    const app = express().use(resets.routes());
    await request(app).post('/reset').send({ code, password: next }).expect(200);
    expect(remembered).toEqual([]);
  });

  it('mails nothing to an address without an account', async () => {
    await shop.keep.resets.request('nobody@example.com');
    expect(shop.outbox).toEqual([]);
  });

  it('mails the stored address, not the one that was typed', async () => {
    await shop.keep.resets.request(' ADA@EXAMPLE.COM ');
    expect(shop.outbox.at(-1)?.to).toBe(ada.email);
  });

  it('stores the code only as a hash', async () => {
    const code = await mailedCode();
    const rows = await shop.test.database.query('select *, token_hash::text as hex from safekeep.resets');
    expect(JSON.stringify(rows)).not.toContain(code);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(code).toString('hex'));
  });

  it('lets one of many parallel redemptions succeed', async () => {
    const code = await mailedCode();
    const done = await Promise.all([1, 2, 3, 4].map((at) => shop.keep.resets.redeem(code, `${next} ${at}`)));
    expect(done.filter((redeemed) => redeemed !== null)).toHaveLength(1);
  });

  it('does not burn the code on a weak password', async () => {
    const code = await mailedCode();
    await expect(shop.keep.resets.redeem(code, 'password')).rejects.toMatchObject({
      code: 'ERR_PASSWORD_WEAK',
      status: 422,
    });
    expect(await opensWith(passphrase)).toBe(true);
    expect(await shop.keep.resets.redeem(code, next)).toEqual({ account: id });
  });

  it('ends every session with the old password', async () => {
    await shop.test.database.query(
      `insert into safekeep.sessions (id_hash, realm, account, epoch, created_at, seen_at, expires_at)
       values (sha256('x'), 'customers', $1, 1, now(), now(), now() + interval '1 hour')`,
      [id],
    );
    await shop.keep.resets.redeem(await mailedCode(), next);
    expect(await shop.test.database.query('select 1 from safekeep.sessions')).toEqual([]);
    expect(await shop.keep.accounts.find(id)).toMatchObject({ epoch: 2 });
  });

  it('voids every code of before a changed password', async () => {
    const [first, second] = [await mailedCode(), await mailedCode()];
    expect(await shop.keep.resets.redeem(second, next)).not.toBeNull();
    expect(await shop.keep.resets.redeem(first, next)).toBeNull();
  });

  it('expires after twenty minutes', async () => {
    const code = await mailedCode();
    shop.clock.advance(20 * 60_000 + 1);
    expect(await shop.keep.resets.redeem(code, next)).toBeNull();
  });

  it('keeps at most three live codes, and the older ones go on working', async () => {
    const codes = [await mailedCode(), await mailedCode(), await mailedCode()];
    shop.outbox.length = 0;
    await shop.keep.resets.request(ada.email);
    expect(shop.outbox).toEqual([]);
    expect(await shop.keep.resets.redeem(codes[0] ?? '', next)).not.toBeNull();
  });

  it('mails nothing to a disabled account', async () => {
    await shop.test.database.query(`update safekeep.accounts set state = 'disabled'`);
    await shop.keep.resets.request(ada.email);
    expect(shop.outbox).toEqual([]);
  });

  it.each(['', 'rst_', `rst_${'A'.repeat(49)}`, `cnf_${'A'.repeat(49)}`, 'x'.repeat(10_000)])(
    'refuses the code %j',
    async (code) => {
      expect(await shop.keep.resets.redeem(code, next)).toBeNull();
    },
  );

  it('answers a known and an unknown address at one floor', async () => {
    const waits: number[] = [];
    const wait = (ms: number) => {
      waits.push(ms);
      return Promise.resolve();
    };
    const slow = await testShop({ floorMs: 4000, clock: { nowMs: () => 1_000_000, wait } });
    await slow.keep.resets.request('nobody@example.com');
    await newAccount(slow);
    await slow.keep.resets.request(ada.email);
    await slow.close();
    // Request, registration, request: all at the floor.
    expect(waits).toEqual([4000, 4000, 4000]);
  });

  it('writes password, epoch and used code in one transaction or not at all', async () => {
    const code = await mailedCode();
    await shop.test.database.query(
      `create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`,
    );
    await shop.test.database.query(
      'create trigger refuse before update on safekeep.accounts for each row execute function refuse()',
    );
    await expect(shop.keep.resets.redeem(code, next)).rejects.toMatchObject({ code: 'ERR_DATABASE' });
    await shop.test.database.query('drop trigger refuse on safekeep.accounts');
    expect([await opensWith(passphrase), await opensWith(next)]).toEqual([true, false]);
    expect(await shop.keep.resets.redeem(code, next)).toEqual({ account: id });
  });
});
