import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import type { RedisClient } from '../../src/redis/index.js';
import { askFor } from '../services/ask.js';

/** A client of one of the libraries, and plain connections to each of the nodes behind it. */
export interface Connected {
  readonly client: RedisClient;
  readonly nodes: readonly Redis[];
  close(): Promise<unknown>;
}

export async function redisPorts(kind: 'redis' | 'redis-cluster'): Promise<readonly number[]> {
  return (await askFor<{ ports: readonly number[] }>(kind)).ports;
}

const rawNodes = (ports: readonly number[]): Redis[] => ports.map((port) => new Redis(port, '127.0.0.1'));

/** The clients that Redis is spoken to with, on the servers that a run of the tests shares. */
export const redisClients: Readonly<Record<string, () => Promise<Connected>>> = {
  async 'ioredis, one server'() {
    const [port = 0] = await redisPorts('redis');
    const client = new Redis(port, '127.0.0.1');
    return { client, nodes: rawNodes([port]), close: () => client.quit() };
  },
  async 'node-redis, one server'() {
    const [port = 0] = await redisPorts('redis');
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    client.on('error', () => undefined);
    await client.connect();
    return { client, nodes: rawNodes([port]), close: () => client.close() };
  },
  async 'ioredis, a cluster'() {
    const ports = await redisPorts('redis-cluster');
    const client = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })));
    return { client, nodes: rawNodes(ports), close: () => client.quit() };
  },
  async 'node-redis, a cluster'() {
    const ports = await redisPorts('redis-cluster');
    const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
    client.on('error', () => undefined);
    await client.connect();
    return { client, nodes: rawNodes(ports), close: () => client.close() };
  },
};
