import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.js';
import { SafekeepError } from '../../base/errors.js';
import { processOf } from './processes.js';

/** What a server writes about itself into its cluster. */
export interface ServerFile {
  readonly pid: number;
  readonly ready: boolean;
}

/** undefined: no server has the cluster open, or it has only begun to say so. */
export function readServerFile(cluster: string): ServerFile | undefined {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * After a kill of its parent a server needs a moment to end; without a death guard it never does. Waits, then stops it.
 * Only the owner of the folder may call this: whatever server is left then belongs to a process that is dead.
 * @throws SafekeepError ERR_DATABASE_IN_USE when it does not end
 */
export async function endOldServer(cluster: string, clock: Clock = systemClock): Promise<void> {
  const patience = { untilAsked: 3000, untilGivenUp: 30_000, step: 20 };
  let asked = false;
  for (let waitedMs = 0; waitedMs < patience.untilGivenUp; waitedMs += patience.step) {
    const file = readServerFile(cluster);
    if (file === undefined || !serves(file.pid, cluster)) {
      // Left by a crash, perhaps half written. The server itself would not start while any process, whatever it is, has
      // this id.
      rmSync(join(cluster, 'postmaster.pid'), { force: true });
      return;
    }
    if (!asked && waitedMs >= patience.untilAsked) {
      asked = true;
      signal(file.pid, 'SIGQUIT');
    }
    await clock.wait(patience.step);
  }
  throw new SafekeepError('ERR_DATABASE_IN_USE', { pid: readServerFile(cluster)?.pid });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Whether the process is a server, and this cluster's. In doubt it is. */
function serves(pid: number, cluster: string): boolean {
  const found = processOf(pid);
  if (found === null || found.program !== 'postgres') return false;
  return found.folder === undefined || found.folder === realpathSync(cluster);
}
