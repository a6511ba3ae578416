import { equalBytes, utf8 } from '../base/bytes.js';
import { systemClock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { type Statement, say } from '../base/names.js';
import { objectRule, readOptions, required, textRule } from '../base/options.js';
import type { KeySource } from '../base/ports/key-source.js';
import { withKeyFileLock } from './key-file-lock.js';
import { replaceKeyFile } from './key-files.js';
import { type KeyRing, openKeyRing } from './key-ring.js';
import { type KeyRingOptions, readRingOptions } from './ring-options.js';

export interface BackupOptions {
  /** The ring that serves. */
  readonly ring: KeyRing;
  /** A second root key, kept apart from the first and offline: `fileRootKey` on a medium in a safe. */
  readonly recovery: KeySource;
  /** The backup's file. */
  readonly path: string;
}

export type RestoreOptions = KeyRingOptions & {
  /** The backup's file. */
  readonly backup: string;
  readonly recovery: KeySource;
};

export interface CheckedBackup {
  /** Keys of the ring that the backup gives back. */
  readonly keys: number;
  /** How many of them have moved to another state since; after a restore they are in the older one. */
  readonly moved: number;
}

const shape = {
  ring: required(objectRule<KeyRing>('list', 'find', 'sealedExport')),
  recovery: required(objectRule<KeySource>('wrap', 'unwrap')),
  path: required(textRule()),
};

/**
 * Writes the whole ring, wrapped anew under a second root key, to a file of mode 0600, and runs the restore drill on
 * it: it survives the loss of the HSM, the KMS account or the root key file. Whoever has the backup and the recovery key
 * opens every sealed value, so they are kept apart. Make a new one after every change of the ring.
 * @throws SafekeepError ERR_KEY_FILE, ERR_KEY_BACKUP, what the root keys throw
 * @example
 * const recovery = fileRootKey('/media/safe/recovery.key', { create: true });
 * await backupKeyRing({ ring: keys, recovery, path: '/media/backup/keys.json' });
 */
export async function backupKeyRing(options: BackupOptions): Promise<CheckedBackup> {
  const { ring, recovery, path } = readOptions('backupKeyRing', shape, options);
  const text = await ring.sealedExport(recovery);
  await withKeyFileLock(path, systemClock, () => replaceKeyFile(path, utf8(text)));
  return await checkKeyRingBackup({ ring, recovery, path });
}

/**
 * The restore drill: opens the backup under the recovery key and holds every key of the ring against it. Writes nothing.
 * @throws SafekeepError ERR_KEY_BACKUP with the key that it does not give back; what opening a ring throws
 */
export async function checkKeyRingBackup(options: BackupOptions): Promise<CheckedBackup> {
  const { ring, recovery, path } = readOptions('checkKeyRingBackup', shape, options);
  const backup = await openKeyRing({ root: recovery, path });
  try {
    const kept = new Map(backup.list().map((key) => [key.id, key]));
    const wanted = ring.list().filter(({ state }) => state !== 'destroyed');
    let moved = 0;
    for (const { id, state } of wanted) {
      const found = kept.get(id);
      if (found === undefined) throw refusal(id, say`it has no such key`);
      if (found.state === 'destroyed') throw refusal(id, say`the key is destroyed in it`);
      if (found.state !== state) moved += 1;
      // A suspended key derives nothing; that the backup's bytes are whole was checked when it was opened.
      const [ours, theirs] = [ring.find(id), backup.find(id)];
      if (ours === undefined || theirs === undefined) continue;
      if (!equalBytes(ours.derive(label), theirs.derive(label))) throw refusal(id, say`it has another key of this id`);
    }
    return Object.freeze({ keys: wanted.length, moved });
  } finally {
    backup.close();
  }
}

/**
 * Makes a ring from a backup where there is none, under a root key that may be a new one. The caller opens it then.
 * @throws SafekeepError ERR_KEY_RING_EXISTS; what opening and making a ring throws
 * @example
 * await restoreKeyRing({ backup: '/media/backup/keys.json', recovery, root, path: 'keys.json' });
 */
export async function restoreKeyRing({ backup, recovery, ...options }: RestoreOptions): Promise<void> {
  const { root, store } = readRingOptions(options);
  const opened = await openKeyRing({ root: recovery, path: backup });
  try {
    await store.prepare();
    await store.exclusively(async () => {
      const exists = () => new SafekeepError('ERR_KEY_RING_EXISTS', { file: store.name });
      if ((await store.read()) !== null) throw exists();
      const text = await opened.sealedExport(root);
      const { counter } = JSON.parse(text) as { counter: number };
      if (!(await store.write(text, counter, 0))) throw exists();
    });
  } finally {
    opened.close();
  }
}

const label = utf8('sf1/backup-check');

function refusal(keyId: number, problem: Statement): SafekeepError {
  return new SafekeepError('ERR_KEY_BACKUP', { keyId, problem });
}
