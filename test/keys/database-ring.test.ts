import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../src/database/index.js';
import { fileRootKey, type KeyRing, type KeyRingOptions, type KeySource, openKeyRing } from '../../src/keys/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { fieldsKeyIn, newFileRing } from './rings.js';
import { temporaryFolder } from './temporary-folder.js';

let test: TestDatabase;
let root: KeySource;
const open: KeyRing[] = [];

/** Rings of one database are processes: each has a name of its own among its holders. */
async function join(options: Partial<KeyRingOptions> = {}): Promise<KeyRing> {
  const ring = await openKeyRing({ root, database: test.database, refreshSeconds: 3600, ...options } as KeyRingOptions);
  open.push(ring);
  return ring;
}
const holders = () => test.database.query('select holder, opens, seals from safekeep.key_ring_holders');

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  for (const ring of open.splice(0)) ring.close();
  await test.database.query('drop schema if exists safekeep cascade');
  root = fileRootKey(`${await temporaryFolder()}/root.key`, { create: true });
});

describe('a key ring in a database', () => {
  it('is made when it is told to, in a database that knew nothing of it, and found again', async () => {
    await expect(join()).rejects.toMatchObject({ code: 'ERR_KEY_RING_MISSING' });
    const made = await join({ create: true });
    await migrate(test.database);
    await expect(join()).resolves.toMatchObject({});
    const again = await join();
    expect(again.list()).toEqual(made.list());
    expect(again.derive('index', 'a')).toEqual(made.derive('index', 'a'));
  });

  it('is one ring when two processes start at once', async () => {
    await migrate(test.database);
    const [first, second] = await Promise.all([join({ create: true }), join({ create: true })]);
    expect(first.list()).toEqual(second.list());
  });

  it('holds wrapped keys only, under the same authenticator as a file', async () => {
    await join({ create: true });
    const { content } = await test.database.one<{ content: string }>('select content from safekeep.key_ring');
    expect(JSON.parse(content)).toMatchObject({ format: 'safekeep key ring 1', counter: 1 });
    for (const edited of [
      content.replace('"active"', '"decrypt-only"'),
      content.replace('"counter": 1', '"counter": 2'),
    ]) {
      await test.database.query('update safekeep.key_ring set content = $1', [edited]);
      await expect(join()).rejects.toMatchObject({ code: 'ERR_KEY_RING_EDITED' });
    }
  });

  it('refuses another root key, and an older list while it runs', async () => {
    const ring = await join({ create: true });
    const { root: other } = await newFileRing();
    await expect(join({ root: other })).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    const older = await test.database.one('select content, counter from safekeep.key_ring');
    await ring.stage('fields');
    await test.database.query('update safekeep.key_ring set content = $1, counter = $2', [
      older['content'],
      older['counter'],
    ]);
    await expect(ring.reload()).rejects.toMatchObject({ code: 'ERR_KEY_RING_EDITED' });
  });

  it('loses no change when four processes write at once', async () => {
    const rings = [await join({ create: true }), await join(), await join(), await join()];
    const staged = await Promise.all(rings.map((ring) => ring.stage('fields')));
    await rings[0]?.reload();
    const known = rings[0]?.list().map(({ id }) => id);
    for (const { id } of staged) expect(known).toContain(id);
  });

  it('gives up when every one of its writes meets another change', async () => {
    const ring = await join({ create: true });
    const { query } = test.database;
    const contended = {
      ...test.database,
      query: async (sql: string, values?: readonly unknown[]) =>
        sql.startsWith('update') ? [] : await query(sql, values),
    };
    const loser = await join({ database: contended } as Partial<KeyRingOptions>);
    await expect(loser.stage('fields')).rejects.toMatchObject({ code: 'ERR_KEY_RING_BUSY' });
    expect(ring.list()).toHaveLength(4);
  });

  it('activates a key only when every process that holds the ring opens it', async () => {
    const [ring, other] = [await join({ create: true }), await join()];
    const { id } = await ring.stage('fields');
    await expect(ring.activate(id)).rejects.toMatchObject({
      code: 'ERR_KEY_ROLL_OUT',
      facts: { keyId: id, waitingFor: 1 },
    });
    await other.reload();
    await ring.activate(id);
    expect(ring.active('fields').id).toBe(id);
  });

  it('waits for nobody who left, or who has not spoken for three refreshes', async () => {
    const [ring, leaver, dead] = [await join({ create: true }), await join(), await join()];
    const { id } = await ring.stage('fields');
    leaver.close();
    await expect.poll(async () => (await holders()).length).toBe(2);
    await expect(ring.activate(id)).rejects.toMatchObject({ code: 'ERR_KEY_ROLL_OUT', facts: { waitingFor: 1 } });
    await test.database.query(
      `update safekeep.key_ring_holders set expires_at = now() - interval '1 second' where not $1 = any(opens)`,
      [id],
    );
    await ring.activate(id);
    expect(dead.active('fields').id).not.toBe(id);
  });

  it('is told three refreshes ahead how long a process may be silent', async () => {
    await join({ create: true, refreshSeconds: 20 });
    const { seconds } = await test.database.one<{ seconds: number }>(
      'select extract(epoch from expires_at - now())::int as seconds from safekeep.key_ring_holders',
    );
    expect(seconds).toBeGreaterThan(50);
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('neither suspends, proves nor destroys a key that another process still seals with', async () => {
    const places = [{ table: 'customers', column: 'email', rows: 0 }] as const;
    const [ring, other] = [await join({ create: true, backupHorizonDays: 0 }), await join()];
    const old = ring.active('fields').id;
    const { id } = await ring.stage('fields');
    await other.reload();
    await ring.activate(id);
    // It has not heard of it: for another half minute it seals with the old key.
    expect(other.active('fields').id).toBe(old);
    const behind = { code: 'ERR_KEY_ROLL_OUT', facts: { keyId: old, waitingFor: 1 } };
    await expect(ring.suspend(old)).rejects.toMatchObject(behind);
    await expect(ring.attestUnused(old, places)).rejects.toMatchObject(behind);
    await ring.compromise(old);
    await other.reload();
    const proof = await ring.attestUnused(old, places);
    await test.database.query('update safekeep.key_ring_holders set seals = seals || $1::bigint', [old]);
    await expect(ring.destroy(old, proof)).rejects.toMatchObject(behind);
    await other.reload();
    await ring.destroy(old, proof);
    expect(ring.find(old)).toBeUndefined();
  });

  it('sees at its start what was decided while it was not yet counted', async () => {
    const ring = await join({ create: true });
    const { query } = test.database;
    let staged = 0;
    // Another process stages a key between this one's first look and its first word.
    const late = {
      ...test.database,
      query: async (sql: string, values?: readonly unknown[]) => {
        if (staged === 0 && sql.startsWith('insert into safekeep.key_ring_holders'))
          staged = (await ring.stage('fields')).id;
        return await query(sql, values);
      },
    };
    const starting = await join({ database: late } as Partial<KeyRingOptions>);
    expect(starting.find(staged)?.state).toBe('staged');
    await ring.activate(staged);
  });

  it('takes no fault of the database for a ring that is missing', async () => {
    await join({ create: true });
    await test.database.query('alter table safekeep.key_ring rename column content to text');
    await expect(join({ create: true })).rejects.toMatchObject({ code: 'ERR_DATABASE' });
  });

  it('reads the ring again by itself, and keeps on after an error', async () => {
    const [ring, follower] = [await join({ create: true }), await join({ refreshSeconds: 1 })];
    await test.database.query('alter table safekeep.key_ring rename to away');
    const id = ring.active('fields').id;
    expect(follower.find(id)).toBeDefined();
    await test.database.query('alter table safekeep.away rename to key_ring');
    const staged = await ring.stage('fields');
    await expect.poll(() => follower.find(staged.id)?.state, { timeout: 5000 }).toBe('staged');
  });

  it('needs a refresh, and lies in one place', async () => {
    const { database } = test;
    for (const wrong of [{ root, database, refreshSeconds: 0 }, { root, database, path: 'keys.json' }, { root }]) {
      await expect(openKeyRing(wrong as KeyRingOptions)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
    }
  });

  it('takes every state to where a file takes it', async () => {
    const ring = await join({ create: true, backupHorizonDays: 0 });
    for (const state of ['staged', 'suspended', 'compromised', 'destroyed']) {
      const id = await fieldsKeyIn(ring, state);
      const again = await join();
      expect(again.list().find((key) => key.id === id)?.state).toBe(state);
      again.close();
      await expect.poll(async () => (await holders()).length).toBe(1);
    }
  });
});
