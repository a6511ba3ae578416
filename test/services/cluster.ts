import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export interface Cluster {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** What the server wrote, so far. */
  log(): string;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** Further lines of postgresql.conf. */
  readonly settings?: readonly string[];
  /** Replaces pg_hba.conf. */
  readonly hba?: string;
  /** Files to lie in the data folder, 0600: keys and certificates. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * A throw-away cluster on a random loopback port; nothing of it survives. PostgreSQL refuses to run as root, so root
 * runs it as `postgres`, or `nobody` where there is none.
 */
export async function startCluster(bin: string, options: ClusterOptions = {}): Promise<Cluster> {
  const owner = process.getuid?.() === 0 ? serverOwner() : undefined;
  const base = mkdtempSync(join(tmpdir(), 'safekeep-test-'));
  chmodSync(base, 0o755);
  const own = (path: string) => owner !== undefined && chownSync(path, owner.uid, owner.gid);
  own(base);
  const spawning = {
    ...owner,
    cwd: base,
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', HOME: base, TZ: 'UTC' },
  };
  const data = join(base, 'data');
  const programs = reachable(bin, base, spawning);
  try {
    const setUp = ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8'];
    execFileSync(join(programs, 'initdb'), setUp, { ...spawning, stdio: ['ignore', 'ignore', 'pipe'] });
    const place = (name: string, text: string) => {
      const path = join(data, name);
      execFileSync('/bin/sh', ['-c', 'umask 077; cat > "$0"', path], { ...spawning, input: text });
    };
    for (const [name, text] of Object.entries(options.files ?? {})) place(name, text);
    if (options.hba !== undefined) place('pg_hba.conf', options.hba);
    const port = await freePort();
    const settings = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${base}`,
      'fsync=off',
      'synchronous_commit=off',
      'full_page_writes=off',
      'max_connections=200',
      ...(options.settings ?? []),
    ];
    const logPath = join(base, 'log');
    const log = openSync(logPath, 'a', 0o644);
    const server = [join(programs, 'postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])];
    // Without the guard a killed test run leaves its server behind.
    const guard =
      spawnSync('setpriv', ['--pdeathsig', 'QUIT', 'true']).status === 0 ? ['setpriv', '--pdeathsig', 'QUIT'] : [];
    const [command = '', ...rest] = [...guard, ...server];
    const child = spawn(command, rest, { ...spawning, stdio: ['ignore', log, log] });
    closeSync(log);
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const written = () => readFileSync(logPath, 'utf8');
    for (let tries = 0; !written().includes('ready to accept connections'); tries += 1) {
      if (child.exitCode !== null || tries > 1000)
        throw new Error(`PostgreSQL of ${bin} does not start:\n${written()}`);
      await wait(10);
    }
    return {
      host: '127.0.0.1',
      port,
      user: 'postgres',
      log: written,
      stop: async () => {
        child.kill('SIGINT');
        await gone;
        rmSync(base, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(base, { recursive: true, force: true });
    throw error;
  }
}

function serverOwner(): { readonly uid: number; readonly gid: number } {
  for (const user of ['postgres', 'nobody']) {
    const line = new RegExp(`^${user}:[^:]*:(\\d+):(\\d+):`, 'm').exec(readFileSync('/etc/passwd', 'utf8'));
    if (line !== null) return { uid: Number(line[1]), gid: Number(line[2]) };
  }
  throw new Error('Running as root, and neither postgres nor nobody is a user of this system');
}

/** A checkout below a 0700 folder of root's is closed to the server's user: the binaries are copied to where it can read. */
function reachable(bin: string, base: string, spawning: object): string {
  if (spawnSync(join(bin, 'postgres'), ['--version'], spawning).status === 0) return bin;
  const copy = join(base, 'native');
  mkdirSync(copy);
  cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
