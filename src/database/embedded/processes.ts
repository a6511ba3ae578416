import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** What this machine tells of a process. */
export interface RunningProcess {
  /** The name of its program, e.g. `postgres`. */
  readonly program: string;
  /** Differs between two processes that had the same id one after the other; undefined where the system does not say. */
  readonly started: string | undefined;
  /** Where it works, if this process may know. */
  readonly folder: string | undefined;
}

/** null: no such process, or one that is dead and only not yet buried. */
export function processOf(pid: number): RunningProcess | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EPERM') return null;
  }
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): RunningProcess | null {
  try {
    // "pid (program) state ppid …"; the program may hold spaces and brackets, so the last bracket counts.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    const [state = '', ...fields] = stat.slice(end + 2).split(' ');
    if (state === 'Z' || state === 'X') return null;
    return { program: stat.slice(stat.indexOf('(') + 1, end), started: fields[18], folder: folderOf(pid) };
  } catch {
    return null;
  }
}

function folderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): RunningProcess | null {
  try {
    const [state = '', program = ''] = execFileSync('ps', ['-o', 'state=,comm=', '-p', String(pid)], {
      encoding: 'utf8',
    })
      .trim()
      .split(/\s+/, 2);
    if (state === '' || state.startsWith('Z')) return null;
    return { program: program.split('/').at(-1) ?? '', started: undefined, folder: undefined };
  } catch {
    return null;
  }
}
