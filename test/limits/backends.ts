import { randomBytes } from 'node:crypto';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import type { DerivedKeys } from '../../src/base/ports/derived-keys.js';
import {
  type Counters,
  memoryCounters,
  type RateLimitStore,
  type RedisClient,
  redisCounters,
} from '../../src/limits/index.js';
import { manualClock } from '../passwords/manual-clock.js';
import { askFor } from '../services/ask.js';
import { redisProgram, withoutRedis } from '../services/redis.js';

/** Counters of one kind, and how to let time pass for them. */
export interface Backend {
  readonly counters: Counters & RateLimitStore;
  /** As if so much time had passed since everything that was counted. */
  age(ms: number): Promise<void>;
  /** Names and values as they are stored where others may read them. */
  stored(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export const fixedKeys: DerivedKeys = { derive: (_purpose, label) => ({ keyId: 1, key: Buffer.alloc(32, label) }) };

export const hasRedis: boolean = redisProgram() !== undefined;
export const redisTitle = (title: string): string => (hasRedis ? title : `${title} ${withoutRedis}`);

export async function redisPorts(kind: 'redis' | 'redis-cluster'): Promise<readonly number[]> {
  return (await askFor<{ ports: readonly number[] }>(kind)).ports;
}

export async function memoryBackend(): Promise<Backend> {
  const clock = manualClock();
  const counters = memoryCounters({ slots: 4096, clock });
  return {
    counters,
    age: (ms) => clock.advance(ms),
    stored: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
}

type Raw = Pick<Redis, 'keys' | 'getBuffer' | 'set' | 'del' | 'pttl'>;

async function redisBackend(
  client: RedisClient,
  nodes: readonly Redis[],
  close: () => Promise<unknown>,
): Promise<Backend> {
  const prefix = `t${randomBytes(6).toString('hex')}`;
  const counters = redisCounters(client, { keys: fixedKeys, instances: 1, prefix, timeoutMs: 1000 });
  const each = async (work: (node: Raw, key: string, value: Buffer) => Promise<unknown>): Promise<void> => {
    for (const node of nodes) {
      for (const key of await node.keys(`${prefix}:*`))
        await work(node, key, (await node.getBuffer(key)) ?? Buffer.alloc(32));
    }
  };
  return {
    counters,
    // The server's clock counts: what is stored is moved into the past instead.
    age: (ms) =>
      each((node, key, value) => {
        const past = Buffer.from(value);
        past.writeDoubleLE(past.readDoubleLE(8) - ms, 8);
        past.writeDoubleLE(Math.max(0, past.readDoubleLE(16) - ms), 16);
        return node.set(key, past, 'KEEPTTL');
      }),
    async stored() {
      const found: string[] = [];
      await each(async (node, key, value) => {
        if ((await node.pttl(key)) < 0) throw new Error(`${key} has no end`);
        found.push(`${key} ${value.toString('latin1')}`);
      });
      return found;
    },
    async close() {
      await each((node, key) => node.del(key));
      await close();
      for (const node of nodes) node.disconnect();
    },
  };
}

const rawNodes = (ports: readonly number[]): Redis[] => ports.map((port) => new Redis(port, '127.0.0.1'));

export const redisBackends: Readonly<Record<string, () => Promise<Backend>>> = {
  async 'ioredis, one server'() {
    const [port = 0] = await redisPorts('redis');
    const client = new Redis(port, '127.0.0.1');
    return redisBackend(client, rawNodes([port]), () => client.quit());
  },
  async 'node-redis, one server'() {
    const [port = 0] = await redisPorts('redis');
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    client.on('error', () => undefined);
    await client.connect();
    return redisBackend(client, rawNodes([port]), () => client.close());
  },
  async 'ioredis, a cluster'() {
    const ports = await redisPorts('redis-cluster');
    const client = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })));
    return redisBackend(client, rawNodes(ports), () => client.quit());
  },
  async 'node-redis, a cluster'() {
    const ports = await redisPorts('redis-cluster');
    const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
    client.on('error', () => undefined);
    await client.connect();
    return redisBackend(client, rawNodes(ports), () => client.close());
  },
};
