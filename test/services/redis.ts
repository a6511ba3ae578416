import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export interface RedisServer {
  readonly port: number;
  /** Stops and continues it as SIGSTOP and SIGCONT do: connections stay, answers do not come. */
  pause(): void;
  resume(): void;
  /** kill -9. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisCluster {
  readonly ports: readonly number[];
  readonly nodes: readonly RedisServer[];
  stop(): Promise<void>;
}

/** The server's program; undefined where there is none, and then the suites that need it say so. */
export function redisProgram(): string | undefined {
  return ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);
}

/** The end of a suite's title where it is left out. */
export const withoutRedis = '(left out: install redis-server or valkey-server)';

/** A Redis of its own on a loopback port, without a file, gone with this process. */
export async function startRedis(
  options: { readonly port?: number; readonly more?: readonly string[] } = {},
): Promise<RedisServer> {
  const program = redisProgram();
  if (program === undefined) throw new Error(`no Redis ${withoutRedis}`);
  const folder = mkdtempSync(join(tmpdir(), 'safekeep-redis-'));
  const port = options.port ?? (await freePort());
  const server = [
    program,
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  // Without the guard a killed test run leaves its server behind.
  const guard =
    spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL'] : [];
  const [command = '', ...rest] = [...guard, ...server, ...(options.more ?? [])];
  const child = spawn(command, rest, { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGCONT');
      child.kill(signal);
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await answers(port, child);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  return {
    port,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

/** Three nodes that know each other. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes: RedisServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let node = 0; node < 3; node += 1) {
      // A node's bus listens 10,000 above its port.
      const port = await freePort((found) => found < 55_000);
      nodes.push(await startRedis({ port, more: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'] }));
    }
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    const client = redisProgram()?.replace('server', 'cli') ?? '';
    execFileSync(client, ['--cluster', 'create', ...addresses, '--cluster-yes'], { stdio: 'pipe' });
    for (const { port } of nodes) await untilOk(client, port);
    return { ports: nodes.map(({ port }) => port), nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilOk(client: string, port: number): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const said = execFileSync(client, ['-p', String(port), 'cluster', 'info'], { encoding: 'utf8' });
    if (said.includes('cluster_state:ok')) return;
    await wait(20);
  }
  throw new Error('the cluster does not come together');
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (child.exitCode !== null) throw new Error('Redis does not start');
    if (await pings(port)) return;
    await wait(10);
  }
  throw new Error('Redis does not answer');
}

function pings(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
}

async function freePort(fits: (port: number) => boolean = () => true): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = await anyPort();
    if (fits(port)) return port;
  }
  throw new Error('no port is free');
}

function anyPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
