import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, pathName } from '../base/names.js';

export interface DevelopmentPaths {
  readonly ca: string;
  readonly caKey: string;
  readonly cert: string;
  readonly key: string;
}

/** Names of their own: a folder that holds somebody's `cert.pem` and `key.pem` must not lose them to us. */
export function developmentPaths(directory: string): DevelopmentPaths {
  return {
    ca: join(directory, 'development-ca.pem'),
    caKey: join(directory, 'development-ca-key.pem'),
    cert: join(directory, 'development.pem'),
    key: join(directory, 'development-key.pem'),
  };
}

/** Whole or not at all: a temporary file beside it, synced, then renamed. The mode is there before the first byte is. */
export async function writeWhole(path: string, text: string, mode: 0o600 | 0o644): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(draft, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw filesError(path, error);
  }
}

/** A key that others on the machine may have read is no secret any more. Windows has no such modes. */
export async function isPrivate(path: string): Promise<boolean> {
  if (process.platform === 'win32') return true;
  return ((await stat(path)).mode & 0o077) === 0;
}

const lockWaitMs = 50;
const lockTries = 200;

/**
 * Runs the work while no other process works in the directory: two servers that start together must not mix their
 * keys and certificates. After ten seconds the lock is taken for that of a process that was killed.
 */
export async function underLock<T>(directory: string, clock: Clock, work: () => Promise<T>): Promise<T> {
  const lock = join(directory, '.issuing');
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (let tries = 0; !(await take(lock)); tries += 1) {
      if (tries === lockTries) await rm(lock, { force: true });
      else await clock.wait(lockWaitMs);
    }
  } catch (error) {
    throw filesError(dirname(lock), error);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function filesError(path: string, error: unknown): SafekeepError {
  const reason = nameOf(String((error as NodeJS.ErrnoException).code));
  return new SafekeepError('ERR_CERTIFICATE_FILES', { path: pathName(path), reason });
}
