import { unwrapKey, wrapKey } from '../aead/index.js';
import { systemClock, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, pathName, say } from '../base/names.js';
import { flagRule, readOptions, withDefault } from '../base/options.js';
import type { KeySource } from '../base/ports/key-source.js';
import { withKeyFileLock } from './key-file-lock.js';
import { readKeyFile, replaceKeyFile } from './key-files.js';

const rootKeyBytes = 32;

export interface FileRootKeyOptions {
  /**
   * Make the file where there is none, mode 0600. Default false: in production a missing root key means that a volume
   * was not mounted, and a new one would open nothing. It is made for a new ring only, never to open an existing one.
   */
  readonly create?: boolean | undefined;
}

/**
 * The root key as a file of 32 random bytes (`head -c 32 /dev/urandom > root.key && chmod 600 root.key`). It wraps the
 * keys of the ring, and is read only when a ring is opened or grows.
 *
 * It protects a stolen database and a stolen ring file. It does NOT protect against someone who reads this machine's
 * files as the server's user: keep it on another volume and in another backup than the data. Losing it loses all
 * sealed values.
 * @throws SafekeepError at first use: ERR_ROOT_KEY_MISSING; ERR_ROOT_KEY_MODE when group or others may touch the file
 * (POSIX); ERR_ROOT_KEY_INVALID when it is not 32 bytes; ERR_KEY_FILE. ASVS 5.0 13.3.1 asks for a vault or an HSM
 * instead at level 2: a KeySource of that kind takes this one's place.
 * @example
 * const keys = await openKeyRing({ root: fileRootKey('/etc/shop/root.key'), path: '/var/lib/shop/keys.json' });
 */
export function fileRootKey(path: string, options: FileRootKeyOptions = {}): KeySource {
  const { create } = readOptions('fileRootKey', { create: withDefault(flagRule(), false) }, options);

  async function withRootKey<T>(use: (root: Buffer) => T): Promise<T> {
    const root = await readRootKey(path);
    if (root === null) throw new SafekeepError('ERR_ROOT_KEY_MISSING', { file: pathName(path) });
    try {
      return use(root);
    } finally {
      root.fill(0);
    }
  }
  return Object.freeze({
    kind: nameOf('file'),
    async wrap(material: Uint8Array, context: Uint8Array) {
      if (create) await createRootKey(path);
      return await withRootKey((root) => wrapKey(root, material, context));
    },
    async unwrap(wrapped: Uint8Array, context: Uint8Array) {
      return await withRootKey((root) => {
        const material = unwrapKey(root, wrapped, context);
        if (material === null) throw new SafekeepError('ERR_ROOT_KEY', { file: pathName(path) });
        return material;
      });
    },
  });
}

async function readRootKey(path: string): Promise<Buffer | null> {
  const file = await readKeyFile(path);
  if (file === null) return null;
  if (process.platform !== 'win32' && (file.mode & 0o077) !== 0) {
    file.bytes.fill(0);
    throw new SafekeepError('ERR_ROOT_KEY_MODE', {
      file: pathName(path),
      mode: nameOf(file.mode.toString(8)),
      advice: say`run chmod 600 on it`,
    });
  }
  if (file.bytes.length !== rootKeyBytes) {
    file.bytes.fill(0);
    throw new SafekeepError('ERR_ROOT_KEY_INVALID', { file: pathName(path), bytes: file.bytes.length });
  }
  return file.bytes;
}

async function createRootKey(path: string): Promise<void> {
  if ((await readKeyFile(path)) !== null) return;
  await withKeyFileLock(path, systemClock, async () => {
    if ((await readKeyFile(path)) !== null) return;
    const root = systemRandom.bytes(rootKeyBytes);
    await replaceKeyFile(path, root);
    root.fill(0);
  });
}
