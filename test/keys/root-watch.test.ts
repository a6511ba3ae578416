import { describe, expect, it } from 'vitest';
import { fileRootKey, openKeyRing } from '../../src/keys/index.js';
import { dayMs, manualClock, newFileRing, switchable } from './rings.js';
import { temporaryFolder } from './temporary-folder.js';

const unavailable = expect.objectContaining({ code: 'ERR_ROOT_KEY_UNAVAILABLE' });

async function watched(options: object = {}) {
  const clock = manualClock();
  const root = switchable(fileRootKey(`${await temporaryFolder()}/root.key`, { create: true }));
  return { ...(await newFileRing({ root, clock, ...options })), root, clock };
}

describe('a root key that does not answer', () => {
  it('stops no read and no write for a day, then both, until it answers again', async () => {
    const { ring, root, clock } = await watched();
    const { id } = ring.active('fields');
    root.up = false;
    await expect(ring.reload()).rejects.toThrow('down');
    clock.advance(dayMs);
    expect(ring.find(id)).toBeDefined();
    expect(ring.active('fields').id).toBe(id);
    clock.advance(1);
    expect(() => ring.find(id)).toThrow(unavailable);
    expect(() => ring.active('fields')).toThrow(unavailable);
    expect(() => ring.derive('index', 'a')).toThrow(unavailable);
    root.up = true;
    await ring.reload();
    expect(ring.find(id)).toBeDefined();
    expect(ring.active('fields').id).toBe(id);
  });

  it('stops writes at once where they wait for it; reads and look-ups go on', async () => {
    const { ring, root } = await watched({ writesWithoutRoot: 'refuse' });
    const { id } = ring.active('fields');
    root.up = false;
    await expect(ring.reload()).rejects.toThrow('down');
    expect(() => ring.active('fields')).toThrow(unavailable);
    expect(ring.find(id)).toBeDefined();
    expect(ring.derive('index', 'a').key).toHaveLength(32);
    root.up = true;
    await ring.reload();
    expect(ring.active('fields').id).toBe(id);
  });

  it('is counted from its last answer, not from the first failure that was noticed', async () => {
    const { ring, root, clock } = await watched({ readsWithoutRootSeconds: 60 });
    const { id } = ring.active('fields');
    root.up = false;
    clock.advance(61_000);
    expect(ring.find(id)).toBeDefined();
    await expect(ring.reload()).rejects.toThrow('down');
    expect(() => ring.find(id)).toThrow(expect.objectContaining({ facts: { root: 'test', silentSeconds: 61 } }));
  });

  it('counts as silent when it answers another guard, or refuses', async () => {
    const { ring, root } = await watched({ readsWithoutRootSeconds: 0, writesWithoutRoot: 'refuse' });
    const { unwrap } = root;
    root.unwrap = async (wrapped, context) => (await unwrap(wrapped, context)).fill(3);
    await expect(ring.reload()).rejects.toMatchObject({ code: 'ERR_ROOT_KEY' });
    expect(() => ring.active('fields')).toThrow(unavailable);
  });

  it('is noticed though the ring cannot be read either', async () => {
    const { ring, root, path } = await watched({ writesWithoutRoot: 'refuse' });
    root.up = false;
    const { rm } = await import('node:fs/promises');
    await rm(path);
    await expect(ring.reload()).rejects.toThrow();
    expect(() => ring.active('fields')).toThrow(unavailable);
  });

  it('is asked by itself where a refresh is set, and not otherwise', async () => {
    const { root, path, ring } = await watched();
    const other = await openKeyRing({ root, path, refreshSeconds: 1, writesWithoutRoot: 'refuse' });
    root.up = false;
    await expect
      .poll(
        () => {
          try {
            return other.active('fields').id;
          } catch (error) {
            return (error as { code?: string }).code;
          }
        },
        { timeout: 5000 },
      )
      .toBe('ERR_ROOT_KEY_UNAVAILABLE');
    other.close();
    expect(ring.active('fields').state).toBe('active');
  });

  it('lets no key be staged, and writes nothing', async () => {
    const { ring, root } = await watched();
    root.up = false;
    await expect(ring.stage('fields')).rejects.toThrow('down');
    expect(ring.list()).toHaveLength(4);
  });
});
