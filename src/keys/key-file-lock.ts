import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { pathName } from '../base/names.js';
import { codeOf, fileError } from './key-files.js';

const tryEveryMs = 50;
const tries = 200;
/** Work under the lock takes milliseconds, a slow key service seconds. What is older was left by a crash. */
const abandonedAfterMs = 60_000;

/**
 * Runs the work while `<path>.lock` exists, so that two processes never write the file at once. The lock of a process
 * that died is taken over: at once where the process is gone, after a minute otherwise. Reading needs no lock.
 * @throws SafekeepError ERR_KEY_RING_BUSY after ten seconds of waiting; ERR_KEY_FILE
 */
export async function withKeyFileLock<T>(path: string, clock: Clock, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  for (let tried = 0; !(await acquired(lock, `${hostname()} ${process.pid} ${clock.nowMs()}`)); tried += 1) {
    const abandoned = await abandonedHolder(lock, clock.nowMs());
    if (abandoned !== null) await removeAbandoned(lock, abandoned);
    else if (tried >= tries) throw new SafekeepError('ERR_KEY_RING_BUSY', { file: pathName(lock) });
    else await clock.wait(tryEveryMs);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function acquired(lock: string, mine: string): Promise<boolean> {
  try {
    await writeFile(lock, mine, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw fileError(lock, error);
  }
}

/** What an abandoned lock says of its holder; null while the lock is held, or no longer there. */
async function abandonedHolder(lock: string, nowMs: number): Promise<string | null> {
  try {
    const holder = await readFile(lock, 'utf8');
    const [, host, pid, sinceMs] = /^(\S+) ([1-9]\d*) (\d+)$/.exec(holder) ?? [];
    // Half written in this moment, or by nobody we know: held.
    if (sinceMs === undefined) return null;
    if (nowMs - Number(sinceMs) > abandonedAfterMs) return holder;
    return host === hostname() && isGone(Number(pid)) ? holder : null;
  } catch {
    return null;
  }
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/** By rename, so that of several processes that saw an abandoned lock one removes it. */
async function removeAbandoned(lock: string, holder: string): Promise<void> {
  const aside = `${lock}.${process.pid}`;
  try {
    await rename(lock, aside);
    // Another process was faster and this is its new lock: it goes back.
    if ((await readFile(aside, 'utf8')) !== holder) await link(aside, lock);
    await rm(aside, { force: true });
  } catch {
    // Gone already: the next try decides.
  }
}
