import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import type { StreamFiles } from './rotate-streams.js';

/**
 * Stream files of a folder, for `rotateStreams`: a location is a path inside of it. A file is written beside the old one
 * (`.rotating`, mode 0600), synced and renamed over it.
 *
 * It does NOT lock: a file that another process replaces in the moment between the last look and the rename is replaced
 * by the older content. Give files that change a new location each time.
 * @throws SafekeepError its methods: ERR_OPTION_INVALID for a location that leaves the folder; what the file system throws
 */
export function streamFolder(folder: string): StreamFiles {
  function pathOf(location: string): string {
    const path = normalize(location);
    if (isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`) || path.includes('\0')) {
      const expected = say`locations inside of the folder`;
      throw new SafekeepError('ERR_OPTION_INVALID', {
        of: nameOf('streamFolder'),
        option: nameOf('location'),
        expected,
      });
    }
    return join(folder, path);
  }
  return Object.freeze<StreamFiles>({
    async read(location): Promise<Readable | null> {
      try {
        const file = await open(pathOf(location), 'r');
        return file.createReadStream();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
    async replace(location, sealed, isUnchanged) {
      const path = pathOf(location);
      const beside = `${path}.rotating`;
      await mkdir(dirname(path), { recursive: true });
      try {
        await pipeline(sealed, createWriteStream(beside, { mode: 0o600, flush: true }));
        if (!(await isUnchanged())) return false;
        await rename(beside, path);
        return true;
      } finally {
        await rm(beside, { force: true });
      }
    },
  });
}
