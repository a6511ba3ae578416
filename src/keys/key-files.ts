import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SafekeepError } from '../base/errors.js';
import { nameOf, pathName } from '../base/names.js';

const privateMode = 0o600;
/** Far above any ring; keeps a wrong path from being read into memory whole. */
const largestBytes = 1024 * 1024;

export interface KeyFile {
  readonly bytes: Buffer;
  /** Permission bits of the file that was read, not of whatever bears its name a moment later. */
  readonly mode: number;
}

/** The whole file, or null where there is none. @throws SafekeepError ERR_KEY_FILE */
export async function readKeyFile(path: string): Promise<KeyFile | null> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw fileError(path, error);
  }
  try {
    const { mode, size } = await file.stat();
    if (size > largestBytes) throw new SafekeepError('ERR_KEY_FILE', { file: pathName(path), bytes: size });
    return { bytes: await file.readFile(), mode: mode & 0o777 };
  } catch (error) {
    throw fileError(path, error);
  } finally {
    await file.close();
  }
}

/**
 * Replaces the file so that after a crash at any moment it is whole, old or new: temporary file, fsync, rename, fsync
 * of the folder. The caller holds the lock, so the temporary name is free; what a crash left under it is removed.
 * @throws SafekeepError ERR_KEY_FILE
 */
export async function replaceKeyFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', privateMode);
    try {
      // Again, because the umask can only take bits away and a mode set here is exact.
      await file.chmod(privateMode);
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw fileError(path, error);
  }
}

/** ERR_KEY_FILE with the system's code for it; an error of ours passes through. */
export function fileError(path: string, error: unknown): SafekeepError {
  if (error instanceof SafekeepError) return error;
  return new SafekeepError('ERR_KEY_FILE', { file: pathName(path), system: nameOf(codeOf(error)) });
}

export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? 'unknown');
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders; its rename is as durable as it can be made.
  if (process.platform === 'win32') return;
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
