import { createServer } from 'node:net';
import type { TestProject } from 'vitest/node';
import { postgresFolder } from './binaries.js';
import { startCluster } from './cluster.js';
import { startRedis, startRedisCluster } from './redis.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Loopback port that answers where the run's services listen, and starts each for the first who asks. */
    servicesPort: number;
  }
}

/** What a test file may ask for, in one word. */
export type ServiceName = 'postgres' | 'redis' | 'redis-cluster';
interface Running {
  readonly answer: object;
  stop(): Promise<void>;
}

const start: Readonly<Record<ServiceName, () => Promise<Running>>> = {
  async postgres() {
    const { host, port, user, stop } = await startCluster(postgresFolder());
    return { answer: { url: `postgres://${user}@${host}:${port}` }, stop };
  },
  async redis() {
    const { port, stop } = await startRedis();
    return { answer: { ports: [port] }, stop };
  },
  async 'redis-cluster'() {
    const { ports, stop } = await startRedisCluster();
    return { answer: { ports }, stop };
  },
};

/**
 * Global set-up of a test run: one PostgreSQL, one Redis and one Redis cluster for all test files, each started when
 * the first of them asks, so that a run without one does not pay for it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = new Map<ServiceName, Promise<Running>>();
  const desk = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    let asked = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      asked += part;
    });
    socket.once('end', () => {
      const name = asked as ServiceName;
      const service = running.get(name) ?? start[name]();
      running.set(name, service);
      service.then(
        ({ answer }) => socket.end(JSON.stringify(answer)),
        (error: Error) => socket.end(JSON.stringify({ error: error.message })),
      );
    });
  });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  const address = desk.address();
  project.provide('servicesPort', typeof address === 'object' && address !== null ? address.port : 0);
  return async () => {
    desk.close();
    for (const service of running.values()) await (await service.catch(() => undefined))?.stop();
  };
}
