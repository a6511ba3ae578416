import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { SafekeepError } from '../../base/errors.js';
import { pathName, say } from '../../base/names.js';
import type { Binaries } from './binaries.js';
import { endOldServer } from './old-server.js';
import { namespaceRunner, nobody, type Runner, selfRunner, userRunner } from './runner.js';

/** Where a cluster lies and who runs it. */
export interface Place {
  readonly runner: Runner;
  /** The cluster's true folder; it may not exist yet. */
  readonly cluster: string;
  /** The folder around it, which the server's user can write. */
  readonly base: string;
}

export interface Circumstances {
  /** Root's second choice: clusters and binaries in the system's state folder, owned by `nobody`. */
  readonly stateFolder: string;
  /** False: as if the system refused user namespaces. */
  readonly namespaces: boolean;
}

/**
 * Decides who runs the server. A cluster that exists decides by its owner, so that a folder once used by a person still
 * works for root. Ends what an earlier start has left running, because a cluster may have to move.
 */
export async function arrange(directory: string, binaries: Binaries, circumstances: Circumstances): Promise<Place> {
  const link = join(directory, 'cluster');
  const moving = join(directory, 'cluster.moving');
  if (!present(link) && existsSync(moving)) renameSync(moving, link);
  const cluster = existsSync(link) ? realpathSync(link) : undefined;
  if (cluster !== undefined) await endOldServer(cluster);
  const owner = cluster === undefined ? undefined : statSync(cluster);
  const uid = process.getuid?.();
  if (uid !== 0) {
    if (owner !== undefined && owner.uid !== uid) {
      throw new SafekeepError('ERR_EMBEDDED_DATABASE', { step: say`owner`, folder: pathName(directory) });
    }
    return at(selfRunner(binaries), cluster ?? link);
  }
  if (owner !== undefined && owner.uid !== 0)
    return at(userRunner(binaries, owner, circumstances.stateFolder), cluster ?? link);
  const inNamespace = circumstances.namespaces ? namespaceRunner(binaries, directory) : undefined;
  if (inNamespace !== undefined) return at(inNamespace, cluster ?? link);
  // A link to nowhere is a cluster that was lost, not one that never was.
  if (present(link) && cluster === undefined)
    throw new SafekeepError('ERR_EMBEDDED_DATABASE', { step: say`cluster`, folder: pathName(directory) });
  const runner = userRunner(binaries, nobody(), circumstances.stateFolder);
  return at(runner, await toStateFolder(runner, link, moving, circumstances.stateFolder));
}

function at(runner: Runner, cluster: string): Place {
  return { runner, cluster, base: dirname(cluster) };
}

/** Moves the cluster, or its future, to where `nobody` can reach it; the directory keeps a link. */
async function toStateFolder(runner: Runner, link: string, moving: string, stateFolder: string): Promise<string> {
  mkdirSync(stateFolder, { recursive: true, mode: 0o755 });
  const base = mkdtempSync(join(stateFolder, 'cluster-'));
  runner.give(base);
  const cluster = join(base, 'cluster');
  if (existsSync(link)) {
    cpSync(link, cluster, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    giveAll(runner, cluster);
    const synced = await runner.run('initdb', ['--sync-only', '-D', cluster], base);
    if (synced.status !== 0) throw new SafekeepError('ERR_EMBEDDED_DATABASE', { step: say`move` });
    renameSync(link, moving);
  }
  symlinkSync(cluster, link);
  rmSync(moving, { recursive: true, force: true });
  return cluster;
}

function giveAll(runner: Runner, path: string): void {
  runner.give(path);
  const found = lstatSync(path);
  // From Node 22 on, cpSync makes folders with the process's own mode, and PostgreSQL refuses a cluster others can read.
  if (!found.isSymbolicLink()) chmodSync(path, found.isDirectory() ? 0o700 : 0o600);
  if (!found.isDirectory()) return;
  for (const name of readdirSync(path)) giveAll(runner, join(path, name));
}

/**
 * A folder of mode 0700 for the server's socket. The system keeps socket addresses in about a hundred bytes: below a
 * long path it is one in the temporary folder, recorded in the directory so that the next start removes it.
 */
export function socketFolder(directory: string, { base, runner }: Place): string {
  const record = join(directory, 'socket');
  const left = existsSync(record) ? readFileSync(record, 'utf8') : '';
  // Only what this function makes: a record that was edited must not remove anything else.
  if (basename(left).startsWith(farPrefix)) rmSync(left, { recursive: true, force: true });
  rmSync(record, { force: true });
  const near = join(base, 'run');
  // The comma separates folders in the server's setting.
  if (Buffer.byteLength(join(near, '.s.PGSQL.5432')) <= 100 && !/[,"]/.test(near)) {
    mkdirSync(near, { recursive: true });
    chmodSync(near, 0o700);
    runner.give(near);
    return near;
  }
  const far = mkdtempSync(join(tmpdir(), farPrefix));
  runner.give(far);
  writeFileSync(record, far, { mode: 0o600 });
  return far;
}

const farPrefix = 'safekeep-socket-';

function present(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
