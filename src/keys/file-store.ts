import { utf8 } from '../base/bytes.js';
import type { Clock } from '../base/clock.js';
import { pathName } from '../base/names.js';
import { withKeyFileLock } from './key-file-lock.js';
import { readKeyFile, replaceKeyFile } from './key-files.js';
import type { RingStore } from './ring-store.js';

/** A ring in a file: replaced whole, under a lock. Who else has read it, a file cannot tell. */
export function fileStore(path: string, clock: Clock): RingStore {
  return {
    name: pathName(path),
    read: async () => (await readKeyFile(path))?.bytes.toString('utf8') ?? null,
    prepare: async () => undefined,
    exclusively: (work) => withKeyFileLock(path, clock, work),
    async write(text) {
      // The lock is held since the ring was read.
      await replaceKeyFile(path, utf8(text));
      return true;
    },
    acknowledge: async () => undefined,
    behind: async () => 0,
    leave: async () => undefined,
  };
}
