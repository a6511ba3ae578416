import { setTimeout as wait } from 'node:timers/promises';
import express from 'express';
import { type ClientRateLimitInfo, type Options, rateLimit, type Store } from 'express-rate-limit';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A store of express-rate-limit under test. */
export interface StoreUnderTest {
  /** A new store; those of one `space` count together where the store shares its counts between instances. */
  make(space: string): Store;
  close?(): Promise<unknown>;
}

/** What a store is held to, by name: a store that does otherwise says so. */
export type Case =
  | 'counts from one'
  | 'keeps keys apart'
  | 'counts on past the limit'
  | 'takes one back'
  | 'never counts below zero'
  | 'takes nothing back from the next window'
  | 'forgets a key'
  | 'begins anew after the window'
  | 'keeps the window where it began'
  | 'reads without counting'
  | 'knows nothing of a new key'
  | 'loses no count in parallel'
  | 'takes any text for a key'
  | 'says truly whether it shares'
  | 'holds the middleware to its limit';

/**
 * What express-rate-limit takes for granted of a store and nobody publishes a test of: run it over yours. What it is
 * known to do otherwise is listed, and the list is held to as well: a case that passes in spite of it fails.
 */
export function storeConformance(
  title: string,
  open: () => Promise<StoreUnderTest>,
  { otherwise = [], skip = false }: { readonly otherwise?: readonly Case[]; readonly skip?: boolean } = {},
): void {
  describe.skipIf(skip)(title, () => {
    let under: StoreUnderTest;
    let spaces = 0;
    const toldSpace = (): string => {
      spaces += 1;
      return `space${spaces}`;
    };
    beforeAll(async () => {
      under = await open();
    });
    afterAll(async () => void (await under.close?.()));

    async function store(windowMs = 60_000, space = toldSpace()): Promise<Store> {
      const made = under.make(space);
      await made.init?.({ windowMs, limit: 3 } as Options);
      return made;
    }
    const hits = async (of: Store, key: string): Promise<number> => (await of.increment(key)).totalHits;
    const check = (name: Case, work: () => Promise<void>): void => {
      if (otherwise.includes(name)) it.fails(`does otherwise: ${name}`, work);
      else it(name, work);
    };

    check('counts from one', async () => {
      const of = await store();
      const before = Date.now();
      const first: ClientRateLimitInfo = await of.increment('a');
      expect(first.totalHits).toBe(1);
      expect(first.resetTime?.getTime()).toBeGreaterThanOrEqual(before + 59_000);
      expect(first.resetTime?.getTime()).toBeLessThanOrEqual(Date.now() + 60_100);
      expect([await hits(of, 'a'), await hits(of, 'a')]).toEqual([2, 3]);
    });
    check('keeps keys apart', async () => {
      const of = await store();
      expect([await hits(of, 'a'), await hits(of, 'b'), await hits(of, 'a')]).toEqual([1, 1, 2]);
    });
    check('counts on past the limit', async () => {
      const of = await store();
      for (let at = 1; at <= 6; at += 1) expect(await hits(of, 'a')).toBe(at);
    });
    check('takes one back', async () => {
      const of = await store();
      await of.increment('a');
      await of.increment('a');
      await of.decrement('a');
      expect(await hits(of, 'a')).toBe(2);
    });
    check('never counts below zero', async () => {
      const of = await store();
      await of.decrement('a');
      await of.decrement('a');
      expect(await hits(of, 'a')).toBe(1);
      for (let at = 0; at < 3; at += 1) await of.decrement('a');
      expect(await hits(of, 'a')).toBe(1);
    });
    check('takes nothing back from the next window', async () => {
      const of = await store(60);
      await of.increment('a');
      await wait(90);
      await of.decrement('a');
      expect(await hits(of, 'a')).toBe(1);
    });
    check('forgets a key', async () => {
      const of = await store();
      await of.increment('a');
      await of.increment('b');
      await of.resetKey('a');
      expect([await hits(of, 'a'), await hits(of, 'b')]).toEqual([1, 2]);
    });
    check('begins anew after the window', async () => {
      const of = await store(60);
      await of.increment('a');
      await of.increment('a');
      await wait(90);
      expect(await hits(of, 'a')).toBe(1);
    });
    check('keeps the window where it began', async () => {
      const of = await store();
      const first = (await of.increment('a')).resetTime?.getTime() ?? 0;
      await wait(80);
      const second = (await of.increment('a')).resetTime?.getTime() ?? 0;
      expect(Math.abs(second - first)).toBeLessThan(50);
    });
    check('reads without counting', async () => {
      const of = await store();
      await of.increment('a');
      expect(await of.get?.('a')).toMatchObject({ totalHits: 1 });
      expect(await of.get?.('a')).toMatchObject({ totalHits: 1 });
      expect(await hits(of, 'a')).toBe(2);
    });
    check('knows nothing of a new key', async () => {
      const of = await store();
      expect(await of.get?.('new')).toBeUndefined();
    });
    check('loses no count in parallel', async () => {
      const of = await store();
      const counted = await Promise.all(Array.from({ length: 100 }, () => hits(of, 'a')));
      expect([...counted].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
    });
    check('takes any text for a key', async () => {
      const of = await store();
      const keys = [
        '',
        ' ',
        '__proto__',
        'constructor',
        'a\nb',
        'a\0b',
        '{a}b',
        '}{',
        'é',
        'e\u0301',
        'x'.repeat(5000),
      ];
      for (const key of keys) expect([key, await hits(of, key)]).toEqual([key, 1]);
      for (const key of keys) expect([key, await hits(of, key)]).toEqual([key, 2]);
    });
    check('says truly whether it shares', async () => {
      const space = toldSpace();
      const [one, two] = [await store(60_000, space), await store(60_000, space)];
      await one.increment('a');
      expect(await hits(two, 'a')).toBe(one.localKeys === true ? 1 : 2);
    });
    check('holds the middleware to its limit', async () => {
      const limit = rateLimit({
        store: under.make(toldSpace()),
        limit: 2,
        windowMs: 60_000,
        keyGenerator: () => 'a',
        standardHeaders: 'draft-8',
        legacyHeaders: false,
      });
      const app = express().use(limit, (_req, res) => void res.json({}));
      const answers = [await request(app).get('/'), await request(app).get('/'), await request(app).get('/')];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect(answers.map(({ headers }) => /r=(\d+)/.exec(String(headers['ratelimit']))?.[1])).toEqual(['1', '0', '0']);
    });
  });
}
