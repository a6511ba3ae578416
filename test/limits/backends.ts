import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { DerivedKeys } from '../../src/base/ports/derived-keys.js';
import { type Counters, memoryCounters, type RateLimitStore, redisCounters } from '../../src/limits/index.js';
import { manualClock } from '../passwords/manual-clock.js';
import { type Connected, redisClients } from '../redis/clients.js';
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

export { redisPorts } from '../redis/clients.js';
export const hasRedis: boolean = redisProgram() !== undefined;
export const redisTitle = (title: string): string => (hasRedis ? title : `${title} ${withoutRedis}`);

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

function redisBackend({ client, nodes, close }: Connected): Backend {
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

export const redisBackends: Readonly<Record<string, () => Promise<Backend>>> = Object.fromEntries(
  Object.entries(redisClients).map(([name, connect]) => [name, async () => redisBackend(await connect())] as const),
);
