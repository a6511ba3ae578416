import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Random, systemClock, systemRandom } from '../../base/clock.js';
import { SafekeepError } from '../../base/errors.js';
import { pathName, say } from '../../base/names.js';
import { readServerFile } from './old-server.js';
import type { Place } from './place.js';

export interface Server {
  /** Fast shutdown: sessions are ended, everything is on disk. */
  stop(): Promise<void>;
}

/** One for the administrator of the cluster, one for the application's role. */
export interface Passwords {
  readonly administrator: string;
  readonly application: string;
}

/** Reads the cluster's passwords, or makes them: before the cluster, so that there is never one without the other. */
export function readPasswords(directory: string, exists: boolean, random: Random = systemRandom): Passwords {
  const path = join(directory, 'secret');
  if (!existsSync(path)) {
    if (exists) throw new SafekeepError('ERR_EMBEDDED_DATABASE', { step: say`secret`, folder: pathName(directory) });
    const made = [random.bytes(24), random.bytes(24)].map((bytes) => bytes.toString('base64url')).join('\n');
    const half = `${path}.${process.pid}`;
    const file = openSync(half, 'w', 0o600);
    writeFileSync(file, made);
    fsyncSync(file);
    closeSync(file);
    renameSync(half, path);
  }
  const [administrator = '', application = ''] = readFileSync(path, 'utf8').trim().split('\n');
  return { administrator, application };
}

/** Creates the cluster aside and then names it: a start that was killed half-way leaves no half cluster. */
export async function createCluster(
  directory: string,
  { runner, cluster, base }: Place,
  password: string,
): Promise<void> {
  for (const name of readdirSync(base).filter((entry) => entry.startsWith('cluster.new'))) {
    rmSync(join(base, name), { recursive: true, force: true });
  }
  const fresh = join(base, `cluster.new-${process.pid}`);
  const passwordFile = join(base, `cluster.new-${process.pid}.secret`);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  runner.give(passwordFile);
  const options = ['-D', fresh, '-U', administrator, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'];
  // The server's own locale: a system upgrade that sorts differently would break every index on text.
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const { status, output } = await runner.run('initdb', [...options, ...locale], base);
  rmSync(passwordFile);
  if (status !== 0) {
    writeFileSync(logPath(directory), output, { flag: 'a', mode: 0o600 });
    throw new SafekeepError('ERR_EMBEDDED_DATABASE', { step: say`create`, log: pathName(logPath(directory)) });
  }
  renameSync(fresh, cluster);
  const folder = openSync(base, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** The administrator of an embedded cluster. */
export const administrator = 'postgres';

/** Starts the server and waits until it takes connections, through a recovery too. */
export async function startServer(
  directory: string,
  { runner, cluster, base }: Place,
  socket: string,
): Promise<Server> {
  const path = logPath(directory);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > logLimitBytes) renameSync(path, `${path}.1`);
  // Never a pipe: a full one would stop the server while this process is busy.
  const log = openSync(path, 'a', 0o600);
  const begin = statSync(path).size;
  const settings = [`unix_socket_directories=${socket}`, ...fixedSettings].flatMap((setting) => ['-c', setting]);
  const child = runner.serve(['-D', cluster, ...settings], base, ['ignore', log, log]);
  closeSync(log);
  let ended = false;
  const end = new Promise<void>((resolve) => {
    const done = () => {
      ended = true;
      resolve();
    };
    child.once('exit', done).once('error', done);
  });
  for (;;) {
    const file = readServerFile(cluster);
    if (file?.pid === child.pid && file?.ready) break;
    if (ended) {
      const written = readFileSync(path).subarray(begin).toString('latin1');
      if (/lock file "[^"]*" already exists|shared memory block[^\n]*still in use/.test(written))
        throw new SafekeepError('ERR_DATABASE_IN_USE');
      throw new SafekeepError('ERR_EMBEDDED_DATABASE', { step: say`start`, log: pathName(path) });
    }
    await systemClock.wait(15);
  }
  // A process that ends without closing must not be held by its database; the death guard ends the server.
  child.unref();
  return {
    stop: async () => {
      child.ref();
      if (!ended) child.kill('SIGINT');
      await end;
    },
  };
}

function logPath(directory: string): string {
  const path = join(directory, 'server.log');
  if (existsSync(path)) chmodSync(path, 0o600);
  return path;
}

const logLimitBytes = 4 * 1024 * 1024;

/**
 * On the command line, above whatever the cluster's files say. Durable; reached by the socket alone; and a log without
 * personal data: an ERROR's own sentence quotes what was typed (`invalid input syntax for type integer: "…"`), so only
 * what is about the server itself is written, no statement and no parameter.
 */
const fixedSettings = [
  'listen_addresses=',
  'unix_socket_permissions=0700',
  'fsync=on',
  'full_page_writes=on',
  'synchronous_commit=on',
  'password_encryption=scram-sha-256',
  'logging_collector=off',
  'log_destination=stderr',
  'log_min_messages=log',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
  'log_statement=none',
  'log_min_duration_statement=-1',
  'log_min_duration_sample=-1',
  'log_parameter_max_length=0',
  'log_parameter_max_length_on_error=0',
  'log_checkpoints=off',
  'log_autovacuum_min_duration=-1',
] as const;
