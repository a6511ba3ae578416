import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds, places, type Strangers, strangers } from './one-answer.js';

/** The short form of one-answer.long.test.ts: no time is measured, but what an answer waits for and what it costs. */
describe('signing in, a forgotten password, registering and a change of address', () => {
  const waits: number[] = [];
  let asked: Strangers;
  beforeAll(async () => {
    const nowMs = Date.now();
    const wait = (ms: number) => Promise.resolve(void waits.push(ms));
    asked = await strangers(4000, { clock: { nowMs: () => nowMs, wait } });
  });
  afterAll(() => asked.close());

  it.each(places)(
    '%s: says the same, waits as long and hashes as much whether there is an account or not',
    async (place) => {
      await asked.settle();
      const told = [];
      for (const kind of kinds) {
        const [waited, hashed] = [waits.length, asked.hashes()];
        const { status, body, headers } = await asked.ask(place, kind);
        told.push({ status, body, headers, waits: waits.slice(waited), hashes: asked.hashes() - hashed });
      }
      expect(told[0]).toEqual(told[1]);
      // The clock of this test stands still, so what an answer waits for is the whole floor.
      expect(told[0]?.waits).toEqual([4000]);
      expect(told[0]?.status).toBe(place === 'login' ? 401 : 202);
      expect(told[0]?.hashes).toBe(place === 'login' || place === 'register' ? 1 : 0);
    },
  );
});
