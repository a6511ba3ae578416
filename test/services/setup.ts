import { createServer } from 'node:net';
import type { TestProject } from 'vitest/node';
import { postgresFolder } from './binaries.js';
import { type Cluster, startCluster } from './cluster.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Loopback port that answers where the run's PostgreSQL listens, and starts it for the first who asks. */
    servicesPort: number;
  }
}

/**
 * Global set-up of a test run: one PostgreSQL for all test files, started when the first of them asks, so that a run
 * without a database does not pay for one.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let cluster: Promise<Cluster> | undefined;
  const desk = createServer((socket) => {
    socket.on('error', () => undefined);
    cluster ??= startCluster(postgresFolder());
    cluster.then(
      ({ host, port, user }) => socket.end(JSON.stringify({ url: `postgres://${user}@${host}:${port}` })),
      (error: Error) => socket.end(JSON.stringify({ error: error.message })),
    );
  });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  const address = desk.address();
  project.provide('servicesPort', typeof address === 'object' && address !== null ? address.port : 0);
  return async () => {
    desk.close();
    const running = await cluster?.catch(() => undefined);
    await running?.stop();
  };
}
