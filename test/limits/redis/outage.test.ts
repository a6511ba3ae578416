import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type LoginLimitOptions,
  type RedisCounters,
  type RedisCountersOptions,
  redisCounters,
} from '../../../src/limits/index.js';
import { type RedisServer, startRedis } from '../../services/redis.js';
import { fixedKeys, hasRedis, redisTitle } from '../backends.js';
import { type SignIn, signIn } from '../sign-in.js';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

describe.skipIf(!hasRedis)(redisTitle('a Redis that goes away'), () => {
  let server: RedisServer;
  let client: Redis;
  let counters: RedisCounters;
  let shop: SignIn;
  let changes: boolean[];
  beforeAll(() => void process.on('unhandledRejection', note));
  afterAll(() => void process.off('unhandledRejection', note));
  beforeEach(async () => {
    server = await startRedis();
    client = new Redis(server.port, '127.0.0.1', { retryStrategy: () => 20 });
    client.on('error', () => undefined);
    changes = [];
  });
  afterEach(async () => {
    shop.close();
    client.disconnect();
    await server.kill();
    expect(unhandled).toEqual([]);
  });

  async function open(
    limit: Partial<LoginLimitOptions> = {},
    options: Partial<RedisCountersOptions> = {},
  ): Promise<void> {
    counters = redisCounters(client, {
      keys: fixedKeys,
      instances: 2,
      pauseMs: 100,
      onChange: (isUp) => changes.push(isUp),
      ...options,
    });
    shop = await signIn({ counters, keys: fixedKeys, perAccount: 4, perSubnet: 1000, firstWaitSeconds: 600, ...limit });
    await client.ping();
  }
  async function untilUp(): Promise<void> {
    for (let tries = 0; tries < 500 && !counters.isUp(); tries += 1) {
      await shop.try({ email: `probe${tries}@example.com` });
      await wait(20);
    }
  }
  const guesses = (count: number, email: string) =>
    Promise.all(Array.from({ length: count }, () => shop.try({ email })));

  it('is counted without it at this process’s share, and never told as too many tries where there are not', async () => {
    await open();
    await guesses(1, 'warm@example.com');
    await server.kill();
    const answers = await guesses(40, 'ada@example.com');
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(2);
    expect(answers.filter(({ code }) => code === 'ERR_LOGIN_LIMITED')).toHaveLength(38);
    expect((await shop.try({ email: 'bob@example.com', password: 'right' })).status).toBe(200);
    expect(changes).toEqual([false]);
  });

  it('is refused with 503 where the limit says so, and nobody is let through', async () => {
    await open({ whenDown: 'refuse' });
    await guesses(1, 'warm@example.com');
    const { count } = shop.hashed;
    await server.kill();
    const answers = await guesses(20, 'ada@example.com');
    expect(new Set(answers.map(({ status, code }) => `${status} ${code}`))).toEqual(
      new Set(['503 ERR_COUNTERS_UNAVAILABLE']),
    );
    expect(shop.hashed.count).toBe(count);
  });

  it('is waited for no longer than the timeout when it is paused in the middle of a load, and counts again by itself', async () => {
    await open();
    await guesses(1, 'warm@example.com');
    server.pause();
    // It answers nothing until it is resumed, so that these answers are here at all is the timeout.
    const answers = await guesses(40, 'ada@example.com');
    expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(4);
    expect(counters.isUp()).toBe(false);
    server.resume();
    await untilUp();
    expect(counters.isUp()).toBe(true);
    // What was on its way when it was paused was counted; no guess comes on top of it.
    const { count } = shop.hashed;
    await guesses(10, 'ada@example.com');
    expect(shop.hashed.count - count).toBeLessThanOrEqual(4);
    expect(changes).toEqual([false, true]);
  });

  it('counts again by itself after it was restarted, and learns its scripts anew', async () => {
    await open();
    await guesses(1, 'warm@example.com');
    await server.kill();
    await guesses(3, 'ada@example.com');
    server = await startRedis({ port: server.port });
    await untilUp();
    const answers = await guesses(10, 'carol@example.com');
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(4);
  });

  it('runs its scripts also where the server has forgotten them', async () => {
    await open();
    await guesses(1, 'warm@example.com');
    await client.script('FLUSH');
    const { count } = shop.hashed;
    await guesses(10, 'ada@example.com');
    expect(shop.hashed.count - count).toBe(4);
    expect(changes).toEqual([]);
  });

  it('costs nobody the success that it could not note', async () => {
    await open();
    const counting = shop.try({ password: 'right' });
    expect((await counting).status).toBe(200);
    await server.kill();
    await expect(counters.settle({ ...(await counters.reserve([])), holds: [] }, [])).resolves.toBeUndefined();
    expect((await shop.try({ email: 'bob@example.com', password: 'right' })).status).toBe(200);
  });

  it('as a store counts every place once for each process, or throws', async () => {
    await open();
    counters.init({ windowMs: 60_000, limit: 4 } as never);
    await server.kill();
    for (let at = 0; at < 6; at += 1) await counters.increment('warm');
    expect((await counters.increment('a')).totalHits).toBe(2);
    expect((await counters.get('a'))?.totalHits).toBe(2);
    await counters.decrement('a');
    await counters.resetKey('a');
    expect((await counters.increment('a')).totalHits).toBe(2);
    const strict = redisCounters(client, { keys: fixedKeys, instances: 2, whenDown: 'refuse' });
    await expect(strict.increment('a')).rejects.toMatchObject({ code: 'ERR_COUNTERS_UNAVAILABLE', status: 503 });
  });
});
