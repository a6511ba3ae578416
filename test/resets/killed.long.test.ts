import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestShop, testShop } from '../shop/shop.js';
import { allowedStates, type Deed, prepare, runDeed, stateOf } from './killed.js';

let shop: TestShop;
beforeAll(async () => {
  shop = await testShop();
});
afterAll(() => shop.close());

/**
 * A real process, killed by signal 9 behind every step of a reset, of a change of address and of its undoing, each with
 * an account of its own. Whatever is left is as before, with the code live and the session too, or as after, with
 * neither.
 */
describe('a process that is killed between any two steps', () => {
  it.each<Deed>(['reset', 'change', 'undo'])('of %s leaves all of it or nothing', async (deed) => {
    const { before, after } = allowedStates(deed);
    const { steps } = await runDeed(shop, deed, (await prepare(shop, deed)).code);
    const found: string[] = [];
    for (let at = 1; at <= steps.length; at += 1) {
      const account = await prepare(shop, deed);
      const run = await runDeed(shop, deed, account.code, at);
      expect(run, steps[at - 1]).toMatchObject({ killed: true, steps: { length: at } });
      const state = await stateOf(shop, deed, account);
      expect([before, after], `killed behind: ${steps[at - 1]}`).toContain(state);
      found.push(state === before ? 'before' : 'after');
    }
    const commit = steps.lastIndexOf('commit');
    console.table(steps.map((step, at) => ({ step, found: found[at] })));
    expect(found).toEqual(steps.map((_, at) => (at < commit ? 'before' : 'after')));
  });
});
