import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CounterOutcome, CounterPlace, CounterRule } from '../../src/limits/index.js';
import { type Backend, hasRedis, memoryBackend, redisBackends, redisTitle } from './backends.js';

const windowed: CounterRule = { name: 'windowed', limit: 3, windowMs: 10_000, over: 'refuse' };
const backing: CounterRule = {
  name: 'backing',
  limit: 2,
  windowMs: 60_000,
  backoff: { firstMs: 1000, mostMs: 4000 },
  over: 'refuse',
};
const hiding: CounterRule = { name: 'hiding', limit: 1, windowMs: 10_000, over: 'hide' };
const counting: CounterRule = { name: 'counting', limit: 1, windowMs: 10_000, over: 'count' };

const counts = (outcome: CounterOutcome): (number | undefined)[] => outcome.holds.map((hold) => hold?.count);

const kinds: readonly (readonly [string, () => Promise<Backend>, boolean])[] = [
  ['memory', memoryBackend, true],
  ...Object.entries(redisBackends).map(([name, make]) => [name, make, hasRedis] as const),
];

describe.each(kinds)('counters: %s', (title, make, isThere) => {
  describe.skipIf(!isThere)(redisTitle(title), () => {
    let backend: Backend;
    let number = 0;
    /** A key that no other test has. */
    const fresh = (): string => {
      number += 1;
      return `key ${number}`;
    };
    const place = (rule: CounterRule, key: string, ...more: string[]): CounterPlace => ({ rule, key: [key, ...more] });
    const reserve = async (...places: CounterPlace[]): Promise<CounterOutcome> => backend.counters.reserve(places);
    beforeAll(async () => {
      backend = await make();
    });
    afterAll(() => backend.close());

    it('takes places until the limit, then refuses and says how long', async () => {
      const key = fresh();
      const outcomes: CounterOutcome[] = [];
      for (let at = 0; at < 5; at += 1) outcomes.push(await reserve(place(windowed, key)));
      expect(outcomes.map(({ refusedBy }) => refusedBy?.name)).toEqual([
        undefined,
        undefined,
        undefined,
        'windowed',
        'windowed',
      ]);
      expect(outcomes.map((outcome) => counts(outcome)[0])).toEqual([1, 2, 3, 3, 3]);
      expect(outcomes[4]?.waitMs).toBeGreaterThan(9000);
      expect(outcomes[4]?.waitMs).toBeLessThanOrEqual(10_000);
      await backend.age(10_001);
      expect(counts(await reserve(place(windowed, key)))).toEqual([1]);
    });

    it('takes all places or none', async () => {
      const [full, other, last] = [fresh(), fresh(), fresh()];
      for (let at = 0; at < 3; at += 1) await reserve(place(windowed, full));
      const refused = await reserve(place(windowed, other), place(windowed, full), place(windowed, last));
      expect(refused.refusedBy).toBe(windowed);
      expect(counts(await reserve(place(windowed, other), place(windowed, last)))).toEqual([1, 1]);
    });

    it('takes none where the last of all refuses', async () => {
      const [full, other, third] = [fresh(), fresh(), fresh()];
      for (let at = 0; at < 3; at += 1) await reserve(place(windowed, full));
      await reserve(place(windowed, other), place(counting, third), place(windowed, full));
      expect(counts(await reserve(place(windowed, other), place(counting, third)))).toEqual([1, 1]);
    });

    it('never lets two hundred at once through a limit of three', async () => {
      const [key, beside] = [fresh(), fresh()];
      const outcomes = await Promise.all(
        Array.from({ length: 200 }, () => reserve(place(counting, beside), place(windowed, key))),
      );
      expect(outcomes.filter(({ refusedBy }) => refusedBy === undefined)).toHaveLength(3);
      // On a cluster too, what was taken beside a refusal came back.
      expect(counts(await reserve(place(counting, beside)))).toEqual([4]);
    });

    it('keeps the places of the others when one refuses in hiding, and takes none there', async () => {
      const [open, secret] = [fresh(), fresh()];
      await reserve(place(windowed, open), place(hiding, secret));
      const hidden = await reserve(place(windowed, open), place(hiding, secret), place(counting, open));
      expect(hidden).toMatchObject({ hidden: true, refusedBy: undefined });
      expect(counts(hidden)).toEqual([2, undefined, 1]);
      await backend.counters.settle(hidden, ['keep', 'return', 'keep']);
      expect((await reserve(place(hiding, secret))).hidden).toBe(true);
    });

    it('counts on past the limit where it only counts', async () => {
      const key = fresh();
      for (let at = 1; at < 4; at += 1) expect(counts(await reserve(place(counting, key)))).toEqual([at]);
    });

    it('lets an escalating counter wait longer each time, up to the longest', async () => {
      const key = fresh();
      await reserve(place(backing, key));
      const waits: number[] = [];
      for (let at = 0; at < 4; at += 1) {
        expect((await reserve(place(backing, key))).refusedBy).toBeUndefined();
        const { refusedBy, waitMs } = await reserve(place(backing, key));
        expect(refusedBy).toBe(backing);
        waits.push(Math.ceil(waitMs / 1000));
        await backend.age(waitMs);
      }
      expect(waits).toEqual([1, 2, 4, 4]);
    });

    it('remembers an escalating counter until it has been quiet for its whole time', async () => {
      const key = fresh();
      for (let at = 0; at < 2; at += 1) await reserve(place(backing, key));
      await backend.age(1000 + 50_000);
      expect(counts(await reserve(place(backing, key)))).toEqual([3]);
      await backend.age(2000 + 60_001);
      expect(counts(await reserve(place(backing, key)))).toEqual([1]);
    });

    it('takes a place back, and the wait that it began', async () => {
      const key = fresh();
      await reserve(place(backing, key));
      const second = await reserve(place(backing, key));
      await backend.counters.settle(second, ['return']);
      expect((await reserve(place(backing, key))).refusedBy).toBeUndefined();
    });

    it('leaves the wait of another place alone', async () => {
      const key = fresh();
      const early = await reserve(place(backing, key));
      for (let at = 0; at < 2; at += 1) {
        await reserve(place(backing, key));
        if (at === 0) await backend.age(1000);
      }
      await backend.counters.settle(early, ['return']);
      expect((await reserve(place(backing, key))).refusedBy).toBe(backing);
    });

    it('takes no place back into the window after its own', async () => {
      const key = fresh();
      const old = await reserve(place(windowed, key));
      await backend.age(10_001);
      for (let at = 0; at < 3; at += 1) await reserve(place(windowed, key));
      await backend.counters.settle(old, ['return']);
      expect((await reserve(place(windowed, key))).refusedBy).toBe(windowed);
    });

    it('takes nothing back for an attempt that was refused', async () => {
      const key = fresh();
      for (let at = 0; at < 3; at += 1) await reserve(place(windowed, key));
      await backend.counters.settle(await reserve(place(windowed, key)), ['return']);
      expect((await reserve(place(windowed, key))).refusedBy).toBe(windowed);
    });

    it('never counts below zero', async () => {
      const key = fresh();
      const one = await reserve(place(windowed, key));
      for (let at = 0; at < 3; at += 1) await backend.counters.settle(one, ['return']);
      expect(counts(await reserve(place(windowed, key)))).toEqual([1]);
    });

    it('clears a counter with all its places', async () => {
      const key = fresh();
      await reserve(place(windowed, key));
      await reserve(place(windowed, key));
      await backend.counters.settle(await reserve(place(windowed, key)), ['clear']);
      expect(counts(await reserve(place(windowed, key)))).toEqual([1]);
    });

    it('tells keys apart by all their parts, and rules by their names', async () => {
      const key = fresh();
      const outcome = await reserve(
        place(windowed, key, 'a', 'b'),
        place(windowed, key, 'ab'),
        place(windowed, key, 'a b'),
        place(counting, key, 'a', 'b'),
        place(windowed, `${key}a`, 'b'),
      );
      expect(counts(outcome)).toEqual([1, 1, 1, 1, 1]);
    });

    it('stores nobody’s login or address where others may read it, and nothing without an end', async () => {
      await reserve(place(windowed, '203.0.113.7/32', 'ada@example.com'), place(backing, 'ada@example.com'));
      expect((await backend.stored()).join('\n')).not.toMatch(/ada|example|203\.0/);
    });
  });
});
