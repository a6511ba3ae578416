import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SafekeepError } from '../../base/errors.js';
import { processOf } from './processes.js';

/**
 * Makes this process the only one that runs the database in a folder, by a file that names it. The file of a process
 * that died is taken over. Only processes of one machine see each other: a folder on a network drive is not guarded.
 * @returns what gives the folder free
 * @throws SafekeepError ERR_DATABASE_IN_USE with the other's pid
 */
export function takeOwnership(directory: string): () => void {
  const path = join(directory, 'owner');
  const mine = `${path}.${process.pid}`;
  const text = `${process.pid} ${processOf(process.pid)?.started ?? ''}\n`;
  for (let tries = 0; tries < 10; tries += 1) {
    // Written first and linked then: nobody ever reads half a file.
    writeFileSync(mine, text, { mode: 0o600 });
    const taken = attempt(() => linkSync(mine, path), 'EEXIST');
    unlinkSync(mine);
    if (taken) return () => void attempt(() => unlinkSync(path), 'ENOENT');
    const found = read(path);
    if (found === undefined) continue;
    refuseIfRunning(found);
    // Of several that find a dead owner one can move its file away. What moved may already be the next owner's.
    if (!attempt(() => renameSync(path, mine), 'ENOENT')) continue;
    const moved = read(mine);
    if (moved !== undefined && moved !== found) {
      attempt(() => linkSync(mine, path), 'EEXIST');
      unlinkSync(mine);
      refuseIfRunning(moved);
    }
  }
  throw new SafekeepError('ERR_DATABASE_IN_USE');
}

function refuseIfRunning(owner: string): void {
  const [pid = '', started = ''] = owner.trim().split(' ');
  const running = processOf(Number(pid));
  if (running === null) return;
  // A process id returns after a reboot, in a container at once; the time of its start does not.
  if (started !== '' && running.started !== undefined && running.started !== started) return;
  throw new SafekeepError('ERR_DATABASE_IN_USE', { pid: Number(pid) });
}

function attempt(work: () => void, harmless: string): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === harmless) return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
