import { randomBytes } from 'node:crypto';
import { type ClientRateLimitInfo, MemoryStore, type Options, type Store } from 'express-rate-limit';
import { Cluster, Redis } from 'ioredis';
import { RedisStore } from 'rate-limit-redis';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterRes,
} from 'rate-limiter-flexible';
import { createClient } from 'redis';
import { memoryCounters, redisCounters } from '../../src/limits/index.js';
import { fixedKeys, hasRedis, redisPorts, redisTitle } from './backends.js';
import { type StoreUnderTest, storeConformance } from './store-conformance.js';

const run = randomBytes(6).toString('hex');
async function ioRedis(): Promise<Redis> {
  const [port = 0] = await redisPorts('redis');
  return new Redis(port, '127.0.0.1');
}

/** rate-limiter-flexible has no such store: this is the nearest that one can write over its calls. */
function flexible(make: (seconds: number) => RateLimiterAbstract): Store {
  let limiter = make(60);
  const infoOf = (res: RateLimiterRes): ClientRateLimitInfo => ({
    totalHits: res.consumedPoints,
    resetTime: new Date(Date.now() + res.msBeforeNext),
  });
  return {
    init: ({ windowMs }: Options) => {
      limiter = make(windowMs / 1000);
    },
    // It rejects beyond its points with the same figures.
    increment: async (key) => infoOf(await limiter.consume(key).catch((res: RateLimiterRes) => res)),
    decrement: async (key) => void (await limiter.reward(key)),
    resetKey: async (key) => void (await limiter.delete(key)),
    get: async (key) => {
      const res = await limiter.get(key);
      return res === null ? undefined : infoOf(res);
    },
    localKeys: limiter instanceof RateLimiterMemory,
  };
}

storeConformance('memoryCounters as a store', () =>
  Promise.resolve({ make: () => memoryCounters({ slots: 1024 }) as Store }),
);
storeConformance("express-rate-limit's MemoryStore", () => Promise.resolve({ make: () => new MemoryStore() }), {
  // What it returns is the counter itself, which goes on counting before the middleware has read it.
  otherwise: ['loses no count in parallel'],
});

const skip = !hasRedis;
const ours = async (
  open: () => Promise<{ client: Parameters<typeof redisCounters>[0]; close(): Promise<unknown> }>,
) => {
  const { client, close } = await open();
  const options = { keys: fixedKeys, instances: 1, timeoutMs: 1000 };
  const own = randomBytes(6).toString('hex');
  const make = (space: string): Store => redisCounters(client, { ...options, prefix: `${own}${space}` }) as Store;
  return { make, close } satisfies StoreUnderTest;
};
storeConformance(
  redisTitle('redisCounters as a store, over ioredis'),
  () =>
    ours(async () => {
      const client = await ioRedis();
      return { client, close: () => client.quit() };
    }),
  { skip },
);
storeConformance(
  redisTitle('redisCounters as a store, over node-redis'),
  () =>
    ours(async () => {
      const [port = 0] = await redisPorts('redis');
      const client = createClient({ url: `redis://127.0.0.1:${port}` });
      client.on('error', () => undefined);
      await client.connect();
      return { client, close: () => client.close() };
    }),
  { skip },
);
storeConformance(
  redisTitle('redisCounters as a store, over a cluster'),
  () =>
    ours(async () => {
      const ports = await redisPorts('redis-cluster');
      const client = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })));
      return { client, close: () => client.quit() };
    }),
  { skip },
);

storeConformance(
  redisTitle('rate-limit-redis'),
  async () => {
    const client = await ioRedis();
    const sendCommand = (...[command = '', ...rest]: string[]) => client.call(command, ...rest) as Promise<never>;
    return {
      make: (space) => new RedisStore({ prefix: `r${run}${space}:`, sendCommand }),
      close: () => client.quit(),
    };
  },
  // Its DECR makes a key without an end that counts from minus one.
  { skip, otherwise: ['never counts below zero', 'knows nothing of a new key'] },
);
storeConformance(
  'rate-limiter-flexible in memory, through an adapter',
  () => Promise.resolve({ make: () => flexible((seconds) => new RateLimiterMemory({ points: 3, duration: seconds })) }),
  { otherwise: ['never counts below zero', 'takes nothing back from the next window'] },
);
storeConformance(
  redisTitle('rate-limiter-flexible on Redis, through an adapter'),
  async () => {
    const client = await ioRedis();
    return {
      make: (space) =>
        flexible(
          (duration) =>
            new RateLimiterRedis({ storeClient: client, points: 3, duration, keyPrefix: `f${run}${space}` }),
        ),
      close: () => client.quit(),
    };
  },
  // Redis's EXPIRE in whole seconds is what it counts in.
  { skip, otherwise: ['never counts below zero', 'begins anew after the window'] },
);
