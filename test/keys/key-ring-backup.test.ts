import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  backupKeyRing,
  checkKeyRingBackup,
  fileRootKey,
  type KeySource,
  openKeyRing,
  restoreKeyRing,
} from '../../src/keys/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { fieldsKeyIn, newFileRing } from './rings.js';

const label = Buffer.from('label');

async function backedUp() {
  const at = await newFileRing({ backupHorizonDays: 0 });
  const recovery = fileRootKey(join(at.folder, 'recovery.key'), { create: true });
  const path = join(at.folder, 'backup.json');
  return { ...at, recovery, backup: path, report: await backupKeyRing({ ring: at.ring, recovery, path }) };
}

describe('a backup of a key ring', () => {
  it('is sealed under the recovery key alone, and readable by its owner alone', async () => {
    const { root, recovery, backup, path, report } = await backedUp();
    expect(report).toEqual({ keys: 4, moved: 0 });
    if (process.platform !== 'win32') expect((await stat(backup)).mode & 0o777).toBe(0o600);
    await expect(openKeyRing({ root, path: backup })).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    await expect(openKeyRing({ root: recovery, path })).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    const [ours, theirs] = [await readFile(path, 'utf8'), await readFile(backup, 'utf8')];
    for (const [, wrapped] of ours.matchAll(/"wrapped": "([^"]+)"/g)) expect(theirs).not.toContain(wrapped);
  });

  it('gives every key back under a new root key, in its state, after the first is lost', async () => {
    const { ring, folder, path, recovery, backup } = await backedUp();
    const suspended = await fieldsKeyIn(ring, 'suspended');
    const destroyed = await fieldsKeyIn(ring, 'destroyed');
    await backupKeyRing({ ring, recovery, path: backup });
    const [list, active] = [ring.list(), ring.active('fields').derive(label)];
    const index = ring.derive('index', 'a');
    ring.close();
    await Promise.all([rm(path), rm(join(folder, 'root.key'))]);
    const root = fileRootKey(join(folder, 'new-root.key'), { create: true });
    await restoreKeyRing({ backup, recovery, root, path });
    const again = await openKeyRing({ root, path });
    expect(again.list()).toEqual(list);
    expect(again.active('fields').derive(label)).toEqual(active);
    expect(again.derive('index', 'a')).toEqual(index);
    expect(again.find(destroyed)).toBeUndefined();
    await again.resume(suspended);
    expect(again.find(suspended)).toBeDefined();
  });

  it('replaces no ring', async () => {
    const { root, recovery, backup, path } = await backedUp();
    const before = await readFile(path, 'utf8');
    await expect(restoreKeyRing({ backup, recovery, root, path })).rejects.toMatchObject({
      code: 'ERR_KEY_RING_EXISTS',
    });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('is not written when its recovery key does not give back what it wrapped', async () => {
    const { ring, recovery, folder } = await backedUp();
    const path = join(folder, 'second.json');
    for (const what of ['guard', 'fields']) {
      const forgetful: KeySource = {
        ...recovery,
        unwrap: async (wrapped, context) => {
          const right = await recovery.unwrap(wrapped, context);
          return Buffer.from(context).includes(what) ? right.fill(3) : right;
        },
      };
      await expect(backupKeyRing({ ring, recovery: forgetful, path })).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
      await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });

  it('is found too old when a key was added since, and says how many have moved', async () => {
    const { ring, recovery, backup } = await backedUp();
    const check = () => checkKeyRingBackup({ ring, recovery, path: backup });
    const old = ring.active('fields').id;
    const { id } = await ring.stage('fields');
    await expect(check()).rejects.toMatchObject({ code: 'ERR_KEY_BACKUP', facts: { keyId: id } });
    await backupKeyRing({ ring, recovery, path: backup });
    await ring.activate(id);
    expect(await check()).toEqual({ keys: 5, moved: 2 });
    await ring.suspend(old);
    expect(await check()).toEqual({ keys: 5, moved: 2 });
  });

  it('is found false when it lacks a key, or has another one under its id', async () => {
    const { ring, recovery, backup } = await backedUp();
    const liar = (change: object) => ({ ring: { ...ring, ...change }, recovery, path: backup });
    const other = (await newFileRing()).ring.active('fields');
    const checked = checkKeyRingBackup(liar({ find: () => other }));
    await expect(checked).rejects.toMatchObject({ code: 'ERR_KEY_BACKUP' });
    // A key that is in use again though the backup has only its grave.
    const gone = await fieldsKeyIn(ring, 'destroyed');
    await backupKeyRing({ ring, recovery, path: backup });
    const list = () => ring.list().map((key) => (key.id === gone ? { ...key, state: 'suspended' } : key));
    await expect(checkKeyRingBackup(liar({ list }))).rejects.toThrow('the key is destroyed in it');
  });

  it('opens under no other key, and not when it was edited', async () => {
    const { ring, recovery, backup, root } = await backedUp();
    await expect(checkKeyRingBackup({ ring, recovery: root, path: backup })).rejects.toMatchObject({
      code: 'ERR_ROOT_KEY',
    });
    await writeFile(backup, (await readFile(backup, 'utf8')).replace('"active"', '"decrypt-only"'));
    await expect(checkKeyRingBackup({ ring, recovery, path: backup })).rejects.toMatchObject({
      code: 'ERR_KEY_RING_EDITED',
    });
  });

  it('restores into a database', async () => {
    const { ring, root, recovery, backup } = await backedUp();
    const test: TestDatabase = await testDatabase();
    try {
      const { database } = test;
      await restoreKeyRing({ backup, recovery, root, database });
      const again = await openKeyRing({ root, database });
      expect(again.list()).toEqual(ring.list());
      again.close();
      await expect(restoreKeyRing({ backup, recovery, root, database })).rejects.toMatchObject({
        code: 'ERR_KEY_RING_EXISTS',
      });
    } finally {
      await test.drop();
    }
  });
});
