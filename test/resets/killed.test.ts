import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestShop, testShop } from '../shop/shop.js';
import { allowedStates, type Prepared, prepare, type Run, runDeed, stateOf } from './killed.js';

let shop: TestShop;
let account: Prepared;
let whole: Run;
beforeAll(async () => {
  shop = await testShop();
  account = await prepare(shop, 'reset');
});
afterAll(() => shop.close());

/** Whether as many statements as that wait for what an open transaction holds. */
async function waiting(count: number): Promise<boolean> {
  for (let polls = 0; polls < 20_000; polls += 1) {
    const { n } = await shop.test.database.one<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    );
    if (n >= count) return true;
  }
  return false;
}

/** The short form of killed.long.test.ts. */
describe('a reset', () => {
  it('of one code in two processes at once succeeds in one', { timeout: 60_000 }, async () => {
    let runs: Promise<readonly Run[]> | undefined;
    await shop.test.database.transaction(async (tx) => {
      await tx.query(`select 1 from safekeep.accounts where account = $1 for update`, [account.id]);
      runs = Promise.all([runDeed(shop, 'reset', account.code), runDeed(shop, 'reset', account.code)]);
      expect(await waiting(2)).toBe(true);
    });
    const ended = (await runs) ?? [];
    expect(ended.map(({ done }) => done).sort()).toEqual([false, true]);
    whole = ended.find(({ done }) => done) as Run;
  });

  it('that is killed before its commit has not happened, and after it has', { timeout: 60_000 }, async () => {
    const written = whole.steps.findIndex((step) => step.startsWith('update "customers"')) + 1;
    const commit = whole.steps.indexOf('commit') + 1;
    expect([written > 0, commit > written]).toEqual([true, true]);
    const { before, after } = allowedStates('reset');
    const [early, late] = [await prepare(shop, 'reset'), await prepare(shop, 'reset')];
    const runs = await Promise.all([
      runDeed(shop, 'reset', early.code, written),
      runDeed(shop, 'reset', late.code, commit),
    ]);
    expect(runs.map(({ killed }) => killed)).toEqual([true, true]);
    expect(await Promise.all([stateOf(shop, 'reset', early), stateOf(shop, 'reset', late)])).toEqual([before, after]);
  });
});
