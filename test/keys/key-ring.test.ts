import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nameOf } from '../../src/base/names.js';
import { fileRootKey, type KeyRing, type KeySource, openKeyRing } from '../../src/keys/index.js';
import { temporaryFolder } from './temporary-folder.js';

interface RingJson {
  counter: number;
  ring: string;
  guard: { wrapped: string; check: string };
  keys: { id: number; purpose: string; state: string; created: string; wrapped: string | null; check: string | null }[];
  mac: string;
}
interface Place {
  readonly folder: string;
  readonly path: string;
  readonly root: KeySource;
}
async function place(): Promise<Place> {
  const folder = await temporaryFolder();
  return { folder, path: join(folder, 'keys.json'), root: fileRootKey(join(folder, 'root.key'), { create: true }) };
}
async function newRing(): Promise<Place & { readonly ring: KeyRing }> {
  const at = await place();
  return { ...at, ring: await openKeyRing({ root: at.root, path: at.path, create: true }) };
}
async function edit(path: string, change: (ring: RingJson) => void): Promise<void> {
  const ring = JSON.parse(await readFile(path, 'utf8')) as RingJson;
  change(ring);
  await writeFile(path, JSON.stringify(ring));
}
const label = Buffer.from('label');

describe('openKeyRing', () => {
  it('never makes a ring unless it is told to', async () => {
    const { path, root, folder } = await place();
    await expect(openKeyRing({ root, path })).rejects.toMatchObject({ code: 'ERR_KEY_RING_MISSING' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('makes one active key for each purpose, ids random and non-zero, file readable by its owner alone', async () => {
    const { ring, path } = await newRing();
    const keys = ring.list();
    expect(keys.map(({ purpose }) => purpose)).toEqual(['fields', 'index', 'pseudonyms', 'limits']);
    expect(keys.every(({ state, id }) => state === 'active' && id > 0 && id <= 0xffff_ffff)).toBe(true);
    expect(new Set(keys.map(({ id }) => id)).size).toBe(4);
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('opens the same keys again, and `create` replaces nothing', async () => {
    const { ring, path, root } = await newRing();
    const again = await openKeyRing({ root, path, create: true });
    expect(again.list()).toEqual(ring.list());
    expect(again.active('fields').derive(label)).toEqual(ring.active('fields').derive(label));
  });

  it('makes one ring when two processes start at once', async () => {
    const { path, root } = await place();
    const [first, second] = await Promise.all([
      openKeyRing({ root, path, create: true }),
      openKeyRing({ root, path, create: true }),
    ]);
    expect(first.list()).toEqual(second.list());
  });

  it('refuses another root key before anything is opened', async () => {
    const { path } = await newRing();
    const other = await newRing();
    await expect(openKeyRing({ root: other.root, path })).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
  });

  it('refuses the keys of a root that does not authenticate what it unwraps', async () => {
    const { path } = await newRing();
    const careless: KeySource = {
      kind: nameOf('test'),
      wrap: async (material) => Buffer.from(material),
      unwrap: async () => Buffer.alloc(32),
    };
    await expect(openKeyRing({ root: careless, path })).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
  });

  it('refuses a key that its root key unwraps to other bytes, by id', async () => {
    const { path, root, ring } = await newRing();
    const careless: KeySource = {
      ...root,
      unwrap: async (wrapped, context) => {
        const right = await root.unwrap(wrapped, context);
        return Buffer.from(context).includes('index') ? right.fill(3) : right;
      },
    };
    const keyId = ring.active('index').id;
    await expect(openKeyRing({ root: careless, path })).rejects.toMatchObject({
      code: 'ERR_ROOT_KEY',
      facts: { keyId },
    });
  });

  it('keeps no key that its root key cannot give back', async () => {
    const { path, root, folder } = await place();
    const forgetful: KeySource = { ...root, unwrap: async () => Buffer.alloc(32) };
    await expect(openKeyRing({ root: forgetful, path, create: true })).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    expect(await readdir(folder)).toEqual(['root.key']);
  });

  const edits: Record<string, (ring: RingJson) => void> = {
    'a state': (ring) => {
      ring.keys[0]!.state = 'decrypt-only';
    },
    'an id': (ring) => {
      ring.keys[0]!.id += 1;
    },
    'a date': (ring) => {
      ring.keys[0]!.created = '2001-01-01T00:00:00.000Z';
    },
    'the counter': (ring) => {
      ring.counter += 1;
    },
    'the order': (ring) => void ring.keys.reverse(),
    'a key taken out': (ring) => void ring.keys.pop(),
    'a key twice under another id': (ring) => void ring.keys.push({ ...ring.keys[0]!, id: 7, state: 'staged' }),
    'purposes swapped': (ring) => {
      [ring.keys[0]!.purpose, ring.keys[1]!.purpose] = [ring.keys[1]!.purpose, ring.keys[0]!.purpose];
    },
    'wrapped bytes swapped': (ring) => {
      [ring.keys[0]!.wrapped, ring.keys[1]!.wrapped] = [ring.keys[1]!.wrapped, ring.keys[0]!.wrapped];
    },
    'a check value': (ring) => {
      ring.keys[0]!.check = ring.keys[1]!.check;
    },
    'a key destroyed': (ring) => void Object.assign(ring.keys[0]!, { state: 'destroyed', wrapped: null, check: null }),
    'the authenticator': (ring) => {
      ring.mac = Buffer.alloc(32).toString('base64url');
    },
  };
  it.each(Object.entries(edits))('refuses a ring with one thing edited: %s', async (_what, change) => {
    const { path, root } = await newRing();
    await edit(path, change);
    await expect(openKeyRing({ root, path })).rejects.toMatchObject({ code: 'ERR_KEY_RING_EDITED' });
  });

  it.each([
    [
      'its name',
      (ring: RingJson) => {
        ring.ring = Buffer.alloc(16).toString('base64url');
      },
    ],
    [
      'its guard',
      (ring: RingJson) => {
        ring.guard.wrapped = ring.keys[0]!.wrapped as string;
      },
    ],
    [
      'the check of its guard',
      (ring: RingJson) => {
        ring.guard.check = ring.mac;
      },
    ],
  ])('refuses a ring with %s exchanged', async (_what, change) => {
    const { path, root } = await newRing();
    await edit(path, change);
    await expect(openKeyRing({ root, path })).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
  });
});

describe('a key ring', () => {
  it('derives keys apart by purpose and by label, and says which key they came from', async () => {
    const { ring } = await newRing();
    const derived = [ring.derive('index', 'a'), ring.derive('index', 'b'), ring.derive('limits', 'a')];
    expect(derived.map(({ keyId }) => keyId)).toEqual([
      ring.active('index').id,
      ring.active('index').id,
      ring.active('limits').id,
    ]);
    expect(new Set(derived.map(({ key }) => key.toString('hex'))).size).toBe(3);
    expect(ring.derive('index', 'a')).toEqual(derived[0]);
    expect(derived[0]?.key.length).toBe(32);
  });

  it('stages a key that opens and does not seal, activates it, and keeps the old one for opening', async () => {
    const { ring, path, root } = await newRing();
    const old = ring.active('fields').id;
    const staged = await ring.stage('fields');
    expect(staged).toMatchObject({ purpose: 'fields', state: 'staged' });
    expect(ring.active('fields').id).toBe(old);
    expect(ring.find(staged.id)?.state).toBe('staged');
    await ring.activate(staged.id);
    expect(ring.active('fields').id).toBe(staged.id);
    expect(ring.find(old)?.state).toBe('decrypt-only');
    await ring.retire(old);
    const again = await openKeyRing({ root, path });
    expect(again.list()).toEqual(ring.list());
    expect(again.active('fields').id).toBe(staged.id);
  });

  it('retires a staged key, and refuses to retire the active one or to activate a retired one', async () => {
    const { ring } = await newRing();
    const { id } = await ring.stage('fields');
    await ring.retire(id);
    expect(ring.find(id)?.state).toBe('decrypt-only');
    await expect(ring.activate(id)).rejects.toMatchObject({ code: 'ERR_KEY_STATE', facts: { state: 'decrypt-only' } });
    await expect(ring.retire(ring.active('fields').id)).rejects.toMatchObject({ code: 'ERR_KEY_STATE' });
    await expect(ring.activate(12345)).rejects.toMatchObject({ code: 'ERR_KEY_UNKNOWN', facts: { keyId: 12345 } });
  });

  it('refuses to stage a key for a purpose that it does not know', async () => {
    const { ring } = await newRing();
    await expect(ring.stage('marketing' as 'fields')).rejects.toMatchObject({ code: 'ERR_KEY_UNKNOWN' });
    expect(() => ring.active('marketing' as 'fields')).toThrow(expect.objectContaining({ code: 'ERR_KEY_UNKNOWN' }));
  });

  it('does not stage under a root key that was exchanged since', async () => {
    const { folder, path, ring } = await newRing();
    const before = await readFile(path, 'utf8');
    await writeFile(join(folder, 'root.key'), Buffer.alloc(32, 9));
    await expect(ring.stage('fields')).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('does not stage under a root that answers another guard than it did', async () => {
    const { path, root } = await newRing();
    let exchanged = false;
    const changing: KeySource = {
      ...root,
      unwrap: async (wrapped, context) => {
        const right = await root.unwrap(wrapped, context);
        return exchanged && Buffer.from(context).includes('guard') ? right.fill(3) : right;
      },
    };
    const ring = await openKeyRing({ root: changing, path });
    const before = await readFile(path, 'utf8');
    exchanged = true;
    await expect(ring.stage('fields')).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('learns on reload what another process staged, and loses no change when two processes write', async () => {
    const { path, root, ring } = await newRing();
    const other = await openKeyRing({ root, path });
    const [mine, theirs] = await Promise.all([ring.stage('fields'), other.stage('index')]);
    await ring.reload();
    await other.reload();
    expect(ring.list()).toEqual(other.list());
    expect(ring.find(theirs.id)?.derive(label)).toEqual(other.find(theirs.id)?.derive(label));
    expect(other.find(mine.id)?.state).toBe('staged');
  });

  it('refuses an older list while it runs, on reload and on change', async () => {
    const { path, ring } = await newRing();
    const older = await readFile(path);
    await ring.stage('fields');
    await writeFile(path, older);
    await expect(ring.reload()).rejects.toMatchObject({ code: 'ERR_KEY_RING_EDITED' });
    await expect(ring.stage('fields')).rejects.toMatchObject({ code: 'ERR_KEY_RING_EDITED' });
  });

  it('refuses a reload from a ring that vanished', async () => {
    const { path, folder, ring } = await newRing();
    await writeFile(join(folder, 'elsewhere'), await readFile(path));
    await rm(path);
    await expect(ring.reload()).rejects.toMatchObject({ code: 'ERR_KEY_RING_MISSING' });
  });

  it('leaves neither lock nor temporary file behind, and survives those that a crash left', async () => {
    const { folder, path, ring } = await newRing();
    await writeFile(`${path}.tmp`, 'half a file');
    // A process id that no system gives out: the holder is gone.
    await writeFile(`${path}.lock`, `${hostname()} 2147483646 ${Date.now()}`);
    await ring.stage('fields');
    expect((await readdir(folder)).sort()).toEqual(['keys.json', 'root.key']);
  });

  it.each(['another-host.example 1 1000', `${hostname()} ${process.pid} 1000`, 'half writ', ''])(
    'gives up on a lock that is held, after ten seconds of its clock: %j',
    async (holder) => {
      const { path, root } = await newRing();
      let nowMs = 1000;
      const clock = {
        nowMs: () => nowMs,
        wait: async (ms: number) => {
          nowMs += ms;
        },
      };
      const ring = await openKeyRing({ root, path, clock });
      await writeFile(`${path}.lock`, holder);
      await expect(ring.stage('fields')).rejects.toMatchObject({ code: 'ERR_KEY_RING_BUSY' });
      expect(nowMs).toBe(11_000);
      expect(await readFile(`${path}.lock`, 'utf8')).toBe(holder);
    },
  );

  it('takes over a lock that is older than a minute, whoever held it', async () => {
    const { path, ring } = await newRing();
    await writeFile(`${path}.lock`, `another-host.example 1 ${Date.now() - 61_000}`);
    expect((await ring.stage('fields')).state).toBe('staged');
  });

  it('wipes its keys when it is closed, tells who kept derived keys, and answers nothing afterwards', async () => {
    const { ring } = await newRing();
    const key = ring.active('fields');
    let dropped = 0;
    ring.onClose(() => {
      dropped += 1;
    });
    ring.close();
    ring.close();
    expect(dropped).toBe(1);
    const closed = expect.objectContaining({ code: 'ERR_KEY_RING_CLOSED' });
    expect(() => ring.active('fields')).toThrow(closed);
    expect(() => ring.find(key.id)).toThrow(closed);
    expect(() => ring.list()).toThrow(closed);
    expect(() => ring.derive('index', 'a')).toThrow(closed);
    expect(() => ring.onClose(() => undefined)).toThrow(closed);
    expect(() => key.derive(label)).toThrow(closed);
    await expect(ring.stage('fields')).rejects.toMatchObject({ code: 'ERR_KEY_RING_CLOSED' });
    await expect(ring.activate(1)).rejects.toMatchObject({ code: 'ERR_KEY_RING_CLOSED' });
    await expect(ring.retire(1)).rejects.toMatchObject({ code: 'ERR_KEY_RING_CLOSED' });
    await expect(ring.reload()).rejects.toMatchObject({ code: 'ERR_KEY_RING_CLOSED' });
  });

  it('shows no key bytes, wrapped or not, in its list or when it is printed', async () => {
    const { ring } = await newRing();
    expect(Object.keys(ring.list()[0] ?? {})).toEqual(['id', 'purpose', 'state', 'created']);
    expect(JSON.stringify(ring.active('fields'))).not.toMatch(/wrapped|check|data/);
  });
});
