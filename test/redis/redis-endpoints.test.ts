import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';
import { describe, expect, it } from 'vitest';
import { type RedisClient, redisCounters } from '../../src/limits/index.js';
import { refusePlaintextRedis } from '../../src/redis/redis-endpoints.js';
import { fixedKeys } from '../limits/backends.js';

const lazy = { lazyConnect: true } as const;
const far = 'counters.example';
const made: { disconnect(): void }[] = [];
function io(options: object): Redis {
  const client = new Redis({ ...lazy, ...options });
  made.push(client);
  return client;
}
function ioCluster(nodes: ConstructorParameters<typeof Cluster>[0], options: object = {}): Cluster {
  const client = new Cluster(nodes, { ...lazy, ...options });
  made.push(client);
  return client;
}

describe('a Redis is spoken to', () => {
  it.each<[string, () => RedisClient]>([
    ['on localhost, by default', () => io({})],
    ['on 127.0.0.1', () => io({ host: '127.0.0.1' })],
    ['on ::1', () => io({ host: '::1' })],
    ['through a unix socket', () => io({ path: '/run/redis.sock' })],
    ['by TLS', () => io({ host: far, tls: {} })],
    ['by TLS behind sentinels', () => io({ sentinels: [{ host: far, port: 1 }], name: 'x', tls: {} })],
    ['in a cluster on loopback', () => ioCluster([{ host: '127.0.0.1', port: 1 }, 'redis://127.0.0.1:2'])],
    ['in a cluster by TLS', () => ioCluster([{ host: far, port: 1 }], { redisOptions: { tls: {} } })],
    ['by node-redis on localhost', () => createClient()],
    ['by node-redis over TLS', () => createClient({ url: `rediss://${far}` })],
    ['by node-redis in a cluster on loopback', () => createCluster({ rootNodes: [{ url: 'redis://127.0.0.1:1' }] })],
    [
      'by node-redis in a cluster over TLS',
      () => createCluster({ rootNodes: [{ url: `rediss://${far}` }], defaults: { socket: { tls: true } } }),
    ],
  ])('%s', (_title, client) => {
    expect(() => refusePlaintextRedis(client(), 'ERR_COUNTERS_PLAINTEXT')).not.toThrow();
  });

  it.each<[string, () => RedisClient]>([
    ['far away', () => io({ host: far })],
    ['far away, by an address that looks near', () => io({ host: '127.0.0.1.example' })],
    ['by TLS that verifies nothing', () => io({ host: far, tls: { rejectUnauthorized: false } })],
    ['behind sentinels', () => io({ sentinels: [{ host: '127.0.0.1', port: 1 }], name: 'x' })],
    ['in a cluster of which one node is far', () => ioCluster([{ host: '127.0.0.1', port: 1 }, `redis://${far}:2`])],
    ['by node-redis far away', () => createClient({ url: `redis://${far}` })],
    [
      'by node-redis over TLS that verifies nothing',
      () => createClient({ url: `rediss://${far}`, socket: { tls: true, rejectUnauthorized: false } }),
    ],
    ['by node-redis in a cluster far away', () => createCluster({ rootNodes: [{ url: `redis://${far}` }] })],
    [
      'by node-redis behind sentinels',
      () =>
        createSentinel({ name: 'x', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }) as unknown as RedisClient,
    ],
    ['through something whose end is unknown', () => ({ evalsha: () => undefined, eval: () => undefined })],
  ])('not in plaintext %s', (_title, client) => {
    expect(() => redisCounters(client(), { keys: fixedKeys, instances: 1 })).toThrowError(
      expect.objectContaining({ code: 'ERR_COUNTERS_PLAINTEXT' }),
    );
  });

  it('in plaintext when somebody gives a reason', () => {
    const reason = 'a private link between two racks';
    const options = { keys: fixedKeys, instances: 1, dangerouslyAllowPlaintextRedis: reason };
    expect(redisCounters(io({ host: far }), options).shared).toBe(true);
  });

  it('no more, once a cluster names a node far away', () => {
    const cluster = ioCluster([{ host: '127.0.0.1', port: 1 }]);
    expect(() => refusePlaintextRedis(cluster, 'ERR_COUNTERS_PLAINTEXT')).not.toThrow();
    cluster.nodes = () => [io({ host: far })];
    expect(() => refusePlaintextRedis(cluster, 'ERR_COUNTERS_PLAINTEXT')).toThrowError(
      expect.objectContaining({ code: 'ERR_COUNTERS_PLAINTEXT' }),
    );
    for (const client of made.splice(0)) client.disconnect();
  });
});
