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
  id = await newAccount(shop);
  shop.outbox.length = 0;
});

async function mailedCode(): Promise<string> {
  await shop.keep.resets.request(ada.email);
  return codeIn(shop.outbox.at(-1));
}
const opensWith = async (password: string): Promise<boolean> => {
  const account = await shop.keep.accounts.find(id);
  return (await shop.keep.passwords.verify(account?.passwordHash ?? null, password, { account: id })) !== null;
};

/** Whether a statement comes to wait for what an open transaction holds. */
async function somebodyWaits(): Promise<boolean> {
  for (let polls = 0; polls < 2000; polls += 1) {
    const [row] = await shop.test.database.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    );
    if ((row?.n ?? 0) > 0) return true;
  }
  return false;
}
const lockAccount = `select 1 from safekeep.accounts where realm = 'customers' and account = $1 for update`;

describe('a mailed code', () => {
  it('is void for a change that commits while it is redeemed', async () => {
    const code = await mailedCode();
    const hash = await shop.keep.passwords.hash('the owner changed it first', { account: id });
    let redeemed: ReturnType<typeof shop.keep.resets.redeem> | undefined;
    await shop.test.database.transaction(async (tx) => {
      await shop.keep.accounts.setPassword(id, hash, tx);
      redeemed = shop.keep.resets.redeem(code, next);
      expect(await somebodyWaits()).toBe(true);
    });
    expect(await redeemed).toBeNull();
    expect([await opensWith(next), await opensWith('the owner changed it first')]).toEqual([false, true]);
  });

  it('is void when another code of the account is redeemed at the same time', async () => {
    const codes = [await mailedCode(), await mailedCode(), await mailedCode()];
    const done = await Promise.all(codes.map((code, at) => shop.keep.resets.redeem(code, `${next} ${at}`)));
    expect(done.filter((redeemed) => redeemed !== null)).toHaveLength(1);
  });

  it('opens nothing for an account that was disabled since', async () => {
    const code = await mailedCode();
    await shop.test.database.query(`update safekeep.accounts set state = 'disabled'`);
    expect(await shop.keep.resets.redeem(code, next)).toBeNull();
    expect(await opensWith(passphrase)).toBe(true);
  });

  it('is not used up by a disabled account, in whichever of the two steps it was disabled', async () => {
    await mailedCode();
    const store = sqlResetStore({ database: shop.test.database, realm: 'customers' });
    const reset = await shop.test.database.one<{ token_hash: Buffer }>('select token_hash from safekeep.resets');
    await shop.test.database.query(`update safekeep.accounts set state = 'disabled'`);
    const now = new Date(shop.clock.nowMs());
    expect(await store.transaction((tx) => store.consume(reset.token_hash, now, tx))).toBeNull();
  });

  it('is looked up only while nothing changed: neither the password nor the state', async () => {
    await mailedCode();
    const store = sqlResetStore({ database: shop.test.database, realm: 'customers' });
    const { token_hash: hash } = await shop.test.database.one<{ token_hash: Buffer }>(
      'select token_hash from safekeep.resets',
    );
    const now = new Date(shop.clock.nowMs());
    expect(await store.findLive(hash, now)).toBe(id);
    await shop.test.database.query(`update safekeep.accounts set state = 'disabled'`);
    expect(await store.findLive(hash, now)).toBeNull();
    await shop.test.database.query(`update safekeep.accounts set state = 'active', epoch = epoch + 1`);
    expect(await store.findLive(hash, now)).toBeNull();
  });

  it('is one of three at most, also when many are asked for at once', async () => {
    let asked: Promise<unknown> | undefined;
    await shop.test.database.transaction(async (tx) => {
      await tx.query(lockAccount, [id]);
      asked = Promise.all(Array.from({ length: 6 }, () => shop.keep.resets.request(ada.email)));
      expect(await somebodyWaits()).toBe(true);
    });
    await asked;
    expect(shop.outbox).toHaveLength(3);
  });

  it('and a change take their locks in one order, so that neither is refused for a deadlock', async () => {
    const hash = await shop.keep.passwords.hash('the owner changed it', { account: id });
    const before = await shop.keep.accounts.find(id);
    if (before === null) return expect.unreachable();
    let changed: Promise<boolean> | undefined;
    await shop.test.database.transaction(async (tx) => {
      await tx.query(lockAccount, [id]);
      changed = shop.keep.accounts.replacePassword(id, before, hash);
      expect(await somebodyWaits()).toBe(true);
      await tx.query('update customers set created_at = now() where id = $1', [id]);
    });
    expect(await changed).toBe(true);
  });

  it('leaves room for new ones when old ones were voided by a change, and goes when it is old', async () => {
    for (let at = 0; at < 3; at += 1) await mailedCode();
    await shop.keep.accounts.raiseEpoch(id);
    expect(await mailedCode()).not.toBe('');
    expect(await shop.keep.resets.purge()).toBe(0);
    shop.clock.advance(20 * 60_000 + 1);
    expect(await shop.keep.resets.purge()).toBe(4);
  });
});

describe('asking for a code', () => {
  it('ends alike when the mailer throws at once, or the stored address does not open', async () => {
    const errors: unknown[] = [];
    const { accounts, passwords } = shop.keep;
    const throwing = {
      send: () => {
        throw new Error('no connection');
      },
    };
    const parts = {
      store: sqlResetStore({ database: shop.test.database, realm: 'customers' }),
      passwords,
      mailer: throwing,
      origin: 'https://shop.example',
      floorMs: 0,
      onMailError: (error: unknown) => void errors.push(error),
    };
    await createResets({ ...parts, accounts }).request(ada.email);
    expect(errors).toHaveLength(1);
    await shop.test.database.query(`update customers set email = 'sf1.damaged'`);
    await createResets({ ...parts, accounts }).request(ada.email);
    expect(errors).toHaveLength(2);
  });
});

describe('registering a known address', () => {
  it('ends alike when the stored address does not open', async () => {
    await shop.test.database.query(`update customers set email = 'sf1.damaged'`);
    await shop.keep.accounts.register({ row: ada, password: passphrase });
    expect(shop.outbox).toEqual([]);
    expect(shop.lines.join()).toContain('a mail was not sent');
  });
});
