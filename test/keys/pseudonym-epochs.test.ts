import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createPseudonyms } from '../../src/hashing/index.js';
import { type KeyRing, turnPseudonymEpochs } from '../../src/keys/index.js';
import { dayMs, manualClock, newFileRing } from './rings.js';

async function newEpochs() {
  const clock = manualClock();
  const made = await newFileRing({ clock });
  const turn = () => turnPseudonymEpochs({ keys: made.ring, epochDays: 30, retentionDays: 90, clock });
  const { of } = createPseudonyms({ keys: made.ring });
  return { ...made, clock, turn, token: () => of('email', 'ada@example.com') };
}
const stateOf = (ring: KeyRing, id: number) => ring.list().find((key) => key.id === id)?.state;

describe('turnPseudonymEpochs', () => {
  it('lets one key make the tokens for an epoch, and another one from its end on', async () => {
    const { ring, clock, turn, token } = await newEpochs();
    const first = token();
    clock.advance(30 * dayMs - 1);
    expect(await turn()).toMatchObject({ begun: false, isWaiting: false, destroyed: [] });
    expect(token()).toBe(first);
    clock.advance(1);
    expect(await turn()).toEqual({
      active: ring.active('pseudonyms').id,
      begun: true,
      isWaiting: false,
      destroyed: [],
    });
    expect(token()).not.toBe(first);
    expect(token().split(':').at(-1)).not.toBe(first.split(':').at(-1));
    expect(await turn()).toMatchObject({ begun: false });
  });

  it('destroys a key when the retention of its logs is over, and nothing joins any more', async () => {
    const { ring, path, clock, turn, token } = await newEpochs();
    const before = token();
    const { id } = ring.active('pseudonyms');
    clock.advance(30 * dayMs);
    await turn();
    // Whoever holds the ring and a guess can still tell: that is what the retention is for.
    expect(ring.find(id)?.purpose).toBe('pseudonyms');
    clock.advance(90 * dayMs - 1);
    expect((await turn()).destroyed).toEqual([]);
    clock.advance(1);
    expect((await turn()).destroyed).toEqual([id]);
    expect(ring.find(id)).toBeUndefined();
    expect(stateOf(ring, id)).toBe('destroyed');
    const stored = JSON.parse(await readFile(path, 'utf8')) as { keys: { id: number; wrapped: string | null }[] };
    expect(stored.keys.find((key) => key.id === id)?.wrapped).toBeNull();
    expect(token()).not.toBe(before);
    expect((await turn()).destroyed).toEqual([]);
  });

  it('uses no key of blind indexes and touches none of another purpose', async () => {
    const { ring, clock, turn, token } = await newEpochs();
    const others = ring.list().filter(({ purpose }) => purpose !== 'pseudonyms');
    const index = ring.active('index');
    expect(token()).not.toContain(index.id.toString(16).padStart(8, '0'));
    clock.advance(400 * dayMs);
    await turn();
    expect(ring.list().filter(({ purpose }) => purpose !== 'pseudonyms')).toEqual(others);
  });

  it('takes the last of several keys that were staged at once, and the others out of the way', async () => {
    const { ring, turn } = await newEpochs();
    const [one, two] = [await ring.stage('pseudonyms'), await ring.stage('pseudonyms')];
    expect(await turn()).toMatchObject({ active: two.id, begun: true });
    expect(stateOf(ring, one.id)).toBe('decrypt-only');
  });

  it('forgets no key that makes tokens or may, and none of another purpose', async () => {
    const { ring, path } = await newEpochs();
    const staged = await ring.stage('pseudonyms');
    for (const id of [staged.id, ring.active('pseudonyms').id]) {
      await expect(ring.forget(id)).rejects.toMatchObject({ code: 'ERR_KEY_STATE' });
    }
    const fields = await ring.stage('fields');
    await ring.retire(fields.id);
    const before = await readFile(path, 'utf8');
    await expect(ring.forget(fields.id)).rejects.toMatchObject({ code: 'ERR_KEY_PROOF' });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('refuses times that are none', async () => {
    const { ring } = await newEpochs();
    await expect(turnPseudonymEpochs({ keys: ring, epochDays: 0 })).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
    });
  });
});
