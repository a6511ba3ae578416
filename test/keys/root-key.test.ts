import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileRootKey } from '../../src/keys/index.js';
import { temporaryFolder } from './temporary-folder.js';

const material = Buffer.alloc(32, 7);
const context = Buffer.from('a context');
const posix = process.platform !== 'win32';

async function rootFile(bytes: Buffer = Buffer.alloc(32, 1), mode = 0o600): Promise<string> {
  const path = join(await temporaryFolder(), 'root.key');
  await writeFile(path, bytes);
  await chmod(path, mode);
  return path;
}

describe('fileRootKey', () => {
  it('wraps and unwraps under the 32 bytes of the file', async () => {
    const root = fileRootKey(await rootFile());
    expect(root.kind).toBe('file');
    expect(await root.unwrap(await root.wrap(material, context), context)).toEqual(material);
  });

  it('refuses what another root key wrapped, another context, and damaged bytes', async () => {
    const wrapped = await fileRootKey(await rootFile()).wrap(material, context);
    const other = fileRootKey(await rootFile(Buffer.alloc(32, 2)));
    await expect(other.unwrap(wrapped, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    const same = fileRootKey(await rootFile());
    await expect(same.unwrap(wrapped, Buffer.from('elsewhere'))).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    await expect(same.unwrap(wrapped.subarray(1), context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
  });

  it.runIf(posix).each([0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o777])(
    'refuses a file of mode %o, which others may touch',
    async (mode) => {
      const root = fileRootKey(await rootFile(undefined, mode));
      await expect(root.wrap(material, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY_MODE' });
    },
  );

  it('refuses a missing file and makes none', async () => {
    const path = join(await temporaryFolder(), 'root.key');
    await expect(fileRootKey(path).wrap(material, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY_MISSING' });
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('makes the file when asked to, once, readable by its owner alone', async () => {
    const path = join(await temporaryFolder(), 'root.key');
    const root = fileRootKey(path, { create: true });
    const wrapped = await Promise.all([root.wrap(material, context), root.wrap(material, context)]);
    const made = await readFile(path);
    expect(made.length).toBe(32);
    expect(made.equals(Buffer.alloc(32))).toBe(false);
    if (posix) expect((await stat(path)).mode & 0o777).toBe(0o600);
    for (const one of wrapped) expect(await root.unwrap(one, context)).toEqual(material);
    expect(await readFile(path)).toEqual(made);
  });

  it('never makes a root key to open an existing ring, because a new one opens nothing', async () => {
    const wrapped = await fileRootKey(await rootFile()).wrap(material, context);
    const path = join(await temporaryFolder(), 'root.key');
    const root = fileRootKey(path, { create: true });
    await expect(root.unwrap(wrapped, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY_MISSING' });
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([0, 31, 33, 64])('refuses a file of %i bytes', async (length) => {
    const root = fileRootKey(await rootFile(Buffer.alloc(length, 1)));
    await expect(root.wrap(material, context)).rejects.toMatchObject({ code: 'ERR_ROOT_KEY_INVALID' });
  });

  it('says what the system said when the path is a folder or far too large', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'root.key'));
    await expect(fileRootKey(join(folder, 'root.key')).wrap(material, context)).rejects.toMatchObject({
      code: 'ERR_KEY_FILE',
      facts: { system: 'EISDIR' },
    });
    const large = await rootFile(Buffer.alloc(1024 * 1024 + 1));
    await expect(fileRootKey(large).wrap(material, context)).rejects.toMatchObject({ code: 'ERR_KEY_FILE' });
  });

  it('refuses a misspelt option', () => {
    const misspelt = { craete: true } as object;
    expect(() => fileRootKey('root.key', misspelt)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_UNKNOWN' }));
  });
});
