import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newAccount, type TestShop, testShop } from '../shop/shop.js';

let shop: TestShop;
let account: string;
beforeAll(async () => {
  shop = await testShop();
  account = await newAccount(shop);
});
afterAll(() => shop.close());

const request = (state: 'granted' | 'denied', statedAtMs?: number) =>
  shop.keep.preferences.record({
    account,
    purpose: 'newsletter',
    channel: 'email',
    state,
    method: 'letter',
    statedAtMs,
  });

describe('preferences', () => {
  it('let the latest dated request win, whenever it arrives', async () => {
    const now = shop.clock.nowMs();
    await request('granted', now - 1000);
    await request('denied', now - 5000);
    expect(await shop.keep.preferences.effective(account, 'newsletter', 'email')).toBe('granted');
    await request('denied', now - 500);
    expect(await shop.keep.preferences.effective(account, 'newsletter', 'email')).toBe('denied');
  });

  it('cut a future date to now, so that a later change of mind counts', async () => {
    await request('granted', shop.clock.nowMs() + 86_400_000);
    shop.clock.advance(1000);
    await request('denied');
    expect(await shop.keep.preferences.effective(account, 'newsletter', 'email')).toBe('denied');
  });

  it('keep every request, with the notice of its day and both dates', async () => {
    const rows = await shop.test.database.query(
      'select * from safekeep.preference_events where account = $1 order by id',
      [account],
    );
    expect(rows).toHaveLength(5);
    for (const row of rows) {
      expect(row).toMatchObject({ realm: 'customers', method: 'letter', notice: '1' });
      expect((row['stated_at'] as Date) <= (row['received_at'] as Date)).toBe(true);
    }
  });

  it('keep channels and accounts apart', async () => {
    expect(await shop.keep.preferences.effective(account, 'newsletter', 'post')).toBe('unset');
    expect(await shop.keep.preferences.effective('somebody else', 'newsletter', 'email')).toBe('unset');
  });

  it.each(['orders', 'newsleter'])('refuse the purpose %s, which has no choice', async (purpose) => {
    await expect(shop.keep.preferences.effective(account, purpose, 'email')).rejects.toMatchObject({
      code: 'ERR_PREFERENCE_UNKNOWN',
    });
    const event = { account, purpose, channel: 'email', state: 'granted', method: 'letter' } as const;
    await expect(shop.keep.preferences.record(event)).rejects.toMatchObject({ code: 'ERR_PREFERENCE_UNKNOWN' });
  });
});

describe('many requests of one date', () => {
  it('opt out when one of them does, however many they are', async () => {
    const at = shop.clock.nowMs() + 1;
    shop.clock.advance(1000);
    for (let more = 0; more < 60; more += 1) await request('granted', at);
    await request('denied', at);
    for (let more = 0; more < 60; more += 1) await request('granted', at);
    expect(await shop.keep.preferences.effective(account, 'newsletter', 'email')).toBe('denied');
  });

  it.each([{ method: 'Form; ada@example.com' }, { method: '' }, { statedAtMs: Number.NaN }])(
    'refuse %j',
    async (change) => {
      const event = {
        account,
        purpose: 'newsletter',
        channel: 'email',
        state: 'granted',
        method: 'letter',
        ...change,
      } as const;
      await expect(shop.keep.preferences.record(event)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
    },
  );
});
