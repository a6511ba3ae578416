import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisCounters } from '../../../src/limits/index.js';
import { type RedisCluster, startRedisCluster } from '../../services/redis.js';
import { fixedKeys, hasRedis, redisTitle } from '../backends.js';
import { type SignIn, signIn } from '../sign-in.js';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
const perAccount = 4;
const share = 2;

describe.skipIf(!hasRedis)(redisTitle('a cluster of which one node is killed'), () => {
  let cluster: RedisCluster;
  let client: Cluster;
  let shop: SignIn;
  const changes: boolean[] = [];
  beforeAll(async () => {
    process.on('unhandledRejection', note);
    cluster = await startRedisCluster();
    client = new Cluster(
      cluster.ports.map((port) => ({ host: '127.0.0.1', port })),
      { clusterRetryStrategy: () => 20 },
    );
    client.on('error', () => undefined);
    const counters = redisCounters(client, {
      ...{ keys: fixedKeys, instances: 2, pauseMs: 100, timeoutMs: 1000 },
      onChange: (isUp) => changes.push(isUp),
    });
    shop = await signIn({ counters, keys: fixedKeys, perAccount, perSubnet: 1000, firstWaitSeconds: 600 });
  });
  afterAll(async () => {
    shop?.close();
    client?.disconnect();
    await cluster?.stop();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('lets nobody through beyond the limit and this process’s share of it, and breaks for nobody', async () => {
    // Twelve networks and accounts, so that some of the counters of each attempt lie on each node.
    const people = Array.from({ length: 12 }, (_, at) => ({
      email: `person${at}@example.com`,
      from: `203.0.${at}.7`,
    }));
    const round = async (guesses: number) =>
      (
        await Promise.all(
          people.flatMap((who) => Array.from({ length: guesses }, async () => ({ ...who, ...(await shop.try(who)) }))),
        )
      ).flat();
    // The client has found its way to every node.
    for (const { from } of people) await shop.try({ email: 'warm@example.com', from });
    expect(changes).toEqual([]);
    const before = await round(3);
    expect(new Set(before.map(({ status }) => status))).toEqual(new Set([401]));
    expect(changes).toEqual([]);
    await cluster.nodes[1]?.kill();
    const during = [...(await round(8)), ...(await round(8))];
    expect(changes).toContain(false);
    expect(new Set(during.map(({ status }) => status))).toEqual(new Set([401, 429]));
    for (const { email } of people) {
      const looked = [...before, ...during].filter((answer) => answer.email === email && answer.status === 401);
      expect(looked.length).toBeLessThanOrEqual(perAccount + share);
    }
    expect((await shop.try({ email: 'bob@example.com', password: 'right', from: '198.51.100.9' })).status).toBe(200);
  });
});
