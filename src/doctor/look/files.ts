import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Clock } from '../../base/clock.js';
import { isSafekeepError } from '../../base/errors.js';
import { readTlsPair } from '../../certificates/index.js';
import type { FileView, PairView } from '../subject.js';

export interface FileToLookAt {
  readonly path: string;
  /** Nobody but the server's user may read it. */
  readonly secret: boolean;
}

/** Modes of files and their folders; links are followed, since the target is what is read. Windows has none. */
export async function lookAtFiles(files: readonly FileToLookAt[]): Promise<readonly FileView[] | undefined> {
  if (files.length === 0 || process.platform === 'win32') return undefined;
  return await Promise.all(
    files.map(async ({ path, secret }) => ({
      path,
      secret,
      mode: await modeOf(path),
      folderMode: await modeOf(dirname(resolve(path))),
    })),
  );
}

async function modeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? undefined : found.mode & 0o7777;
}

/** Reads a pair as the server would. */
export function lookAtPair(key: string, cert: string, host: string | undefined, clock: Clock): PairView {
  try {
    const { fingerprint } = readTlsPair({ key, cert }, clock, host);
    return { place: cert, problem: undefined, fingerprint };
  } catch (error) {
    if (!isSafekeepError(error)) throw error;
    return { place: cert, problem: error.code, fingerprint: undefined };
  }
}
