import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type KeyRing, openKeyRing, type UnusedPlace, type UnusedProof } from '../../src/keys/index.js';
import { dayMs, fieldsKeyIn, manualClock, newFileRing } from './rings.js';

const places = [
  { table: 'customers', column: 'email', rows: 0 },
  { table: 'orders', column: 'card', rows: 0 },
] as const;
const states = ['staged', 'active', 'decrypt-only', 'suspended', 'compromised', 'destroyed'] as const;
const verbs = ['activate', 'retire', 'suspend', 'resume', 'compromise', 'destroy'] as const;
/** By state, what each verb makes of it. What is missing is refused. */
const legal: Record<(typeof states)[number], Partial<Record<(typeof verbs)[number], string>>> = {
  staged: { activate: 'active', retire: 'decrypt-only', compromise: 'compromised' },
  active: {},
  'decrypt-only': { retire: 'decrypt-only', suspend: 'suspended', compromise: 'compromised' },
  suspended: { resume: 'decrypt-only', compromise: 'compromised', destroy: 'destroyed' },
  compromised: { destroy: 'destroyed' },
  destroyed: {},
};
const pairs = states.flatMap((state) =>
  verbs.flatMap((verb) => (legal[state][verb] === undefined ? [] : [[state, verb, legal[state][verb]] as const])),
);

async function run(ring: KeyRing, id: number, verb: (typeof verbs)[number]): Promise<void> {
  if (verb !== 'destroy') return ring[verb](id);
  // The state is looked at first: a key that cannot be proven unused is refused for its state.
  const proof = await ring.attestUnused(id, places).catch(() => ({ keyId: id }) as UnusedProof);
  return ring.destroy(id, proof);
}

describe('the states of a key', () => {
  const stateOf = (ring: KeyRing, id: number) => ring.list().find((key) => key.id === id)?.state;

  it.each(pairs)('%s, %s: %s', async (state, verb, becomes) => {
    const { ring, root, path } = await newFileRing({ backupHorizonDays: 0 });
    const id = await fieldsKeyIn(ring, state);
    expect(stateOf(ring, id)).toBe(state);
    await run(ring, id, verb);
    expect(stateOf(ring, id)).toBe(becomes);
    expect(stateOf(await openKeyRing({ root, path }), id)).toBe(becomes);
  });

  it.each(states)('%s: every other step is refused and changes nothing', async (state) => {
    const { ring, path } = await newFileRing({ backupHorizonDays: 0 });
    const id = await fieldsKeyIn(ring, state);
    const before = await readFile(path, 'utf8');
    for (const verb of verbs.filter((each) => legal[state][each] === undefined)) {
      await expect(run(ring, id, verb)).rejects.toMatchObject({ code: 'ERR_KEY_STATE', facts: { keyId: id, state } });
    }
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it.each([
    ['staged', true],
    ['active', true],
    ['decrypt-only', true],
    ['compromised', true],
    ['suspended', false],
    ['destroyed', false],
  ])('a key that is %s opens values: %s', async (state, opens) => {
    const { ring } = await newFileRing({ backupHorizonDays: 0 });
    const id = await fieldsKeyIn(ring, state);
    expect(ring.find(id) !== undefined).toBe(opens);
    expect(ring.active('fields').id === id).toBe(state === 'active');
  });

  it('gives a key back unchanged when it is resumed', async () => {
    const { ring } = await newFileRing();
    const id = await fieldsKeyIn(ring, 'decrypt-only');
    const before = ring.find(id)?.derive(Buffer.from('label'));
    await ring.suspend(id);
    await ring.resume(id);
    expect(ring.find(id)?.derive(Buffer.from('label'))).toEqual(before);
  });

  it('says what to do with a key that is active', async () => {
    const { ring } = await newFileRing();
    await expect(ring.compromise(ring.active('fields').id)).rejects.toThrow('stage and activate another key first');
  });

  it.each(['suspend', 'resume', 'compromise'] as const)('refuses to %s a key it does not have', async (verb) => {
    const { ring } = await newFileRing();
    await expect(ring[verb](12345)).rejects.toMatchObject({ code: 'ERR_KEY_UNKNOWN', facts: { keyId: 12345 } });
  });

  it('keeps nothing of a destroyed key but that there was one', async () => {
    const { ring, path } = await newFileRing({ backupHorizonDays: 0 });
    const id = await fieldsKeyIn(ring, 'suspended');
    const entry = async () => {
      const { keys } = JSON.parse(await readFile(path, 'utf8')) as { keys: { id: number; wrapped: string | null }[] };
      return keys.find((key) => key.id === id);
    };
    expect((await entry())?.wrapped).toEqual(expect.any(String));
    await ring.destroy(id, await ring.attestUnused(id, places));
    expect(await entry()).toMatchObject({ state: 'destroyed', wrapped: null, check: null });
  });
});

describe('the proof that a key is unused', () => {
  it('names the key, what was counted and when, and is plain data', async () => {
    const clock = manualClock();
    const { ring } = await newFileRing({ clock });
    const id = await fieldsKeyIn(ring, 'decrypt-only');
    const proof = await ring.attestUnused(id, places);
    expect(proof).toMatchObject({ keyId: id, places, mintedAtMs: clock.nowMs() });
    expect(Object.keys(proof)).toEqual(['keyId', 'ringCounter', 'places', 'mintedAtMs', 'mac']);
  });

  it('holds as JSON, days and changes of the ring later', async () => {
    const clock = manualClock();
    const { ring } = await newFileRing({ clock });
    const id = await fieldsKeyIn(ring, 'decrypt-only');
    const kept = JSON.stringify(await ring.attestUnused(id, places));
    await ring.suspend(id);
    await ring.stage('index');
    clock.advance(30 * dayMs);
    await ring.destroy(id, JSON.parse(kept) as UnusedProof);
    expect(ring.list().find((key) => key.id === id)?.state).toBe('destroyed');
  });

  it('is not enough while a backup may bring values back', async () => {
    const clock = manualClock();
    const { ring } = await newFileRing({ clock, backupHorizonDays: 7 });
    const id = await fieldsKeyIn(ring, 'suspended');
    const proof = await ring.attestUnused(id, places);
    clock.advance(7 * dayMs - 1);
    await expect(ring.destroy(id, proof)).rejects.toThrow('backups of the last 7 days');
    clock.advance(1);
    await ring.destroy(id, proof);
  });

  it.each(['staged', 'active'])('is not minted for a key that is %s', async (state) => {
    const { ring } = await newFileRing();
    const id = await fieldsKeyIn(ring, state);
    await expect(ring.attestUnused(id, places)).rejects.toMatchObject({ code: 'ERR_KEY_PROOF', facts: { keyId: id } });
  });

  it('is not minted for a key whose work nobody can count', async () => {
    const { ring } = await newFileRing();
    const { id } = ring.active('limits');
    await ring.activate((await ring.stage('limits')).id);
    await expect(ring.attestUnused(id, places)).rejects.toMatchObject({ code: 'ERR_KEY_PROOF' });
  });

  it.each([
    ['no place at all', []],
    ['rows that are left', [{ table: 'customers', column: 'email', rows: 1 }]],
    ['a place without a column', [{ table: 'customers', rows: 0 }]],
    ['a place that is null', [null]],
  ])('is not minted for %s', async (_what, counted) => {
    const { ring } = await newFileRing();
    const id = await fieldsKeyIn(ring, 'decrypt-only');
    const refused = ring.attestUnused(id, counted as unknown as UnusedPlace[]);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_KEY_PROOF' });
  });

  const forgeries: Record<string, (proof: UnusedProof, other: UnusedProof) => unknown> = {
    'no proof': () => undefined,
    null: () => null,
    'a text': () => 'unused',
    'another key’s proof': (_proof, other) => other,
    'another key’s proof with this id': (proof, other) => ({ ...other, keyId: proof.keyId }),
    'a place taken out': (proof) => ({ ...proof, places: proof.places.slice(1) }),
    'a place renamed': (proof) => ({ ...proof, places: [{ ...places[0], table: 'people' }, places[1]] }),
    'rows in a place': (proof) => ({ ...proof, places: [{ ...places[0], rows: 3 }, places[1]] }),
    'no places': (proof) => ({ ...proof, places: [] }),
    'another date': (proof) => ({ ...proof, mintedAtMs: proof.mintedAtMs - 1 }),
    'another counter': (proof) => ({ ...proof, ringCounter: proof.ringCounter - 1 }),
    'a counter that is none': (proof) => ({ ...proof, ringCounter: 1.5 }),
    'an id beyond 32 bits': (proof) => ({ ...proof, keyId: 2 ** 32 }),
    'no authenticator': ({ mac: _, ...proof }) => proof,
    'a member too many': (proof) => ({ ...proof, comment: 'mine' }),
    'an empty authenticator': (proof) => ({ ...proof, mac: '' }),
    'an authenticator of zeros': (proof) => ({ ...proof, mac: Buffer.alloc(32).toString('base64url') }),
  };
  it('is refused when anything about it is false, and holds when nothing is', async () => {
    const { ring } = await newFileRing({ backupHorizonDays: 0 });
    const id = await fieldsKeyIn(ring, 'suspended');
    const proof = await ring.attestUnused(id, places);
    const other = await ring.attestUnused(await fieldsKeyIn(ring, 'decrypt-only'), places);
    for (const [what, forge] of Object.entries(forgeries)) {
      const forged = forge(proof, other) as UnusedProof;
      const refused = { code: 'ERR_KEY_PROOF', facts: { keyId: id } };
      await expect(ring.destroy(id, forged), what).rejects.toMatchObject(refused);
    }
    expect(ring.list().find((key) => key.id === id)?.state).toBe('suspended');
    await ring.destroy(id, proof);
  });

  it('is refused from the future', async () => {
    const clock = manualClock();
    const { ring } = await newFileRing({ backupHorizonDays: 0, clock });
    const id = await fieldsKeyIn(ring, 'suspended');
    clock.advance(10);
    const proof = await ring.attestUnused(id, places);
    clock.advance(-10);
    await expect(ring.destroy(id, proof)).rejects.toThrow('from the future');
  });

  it('is refused by a ring that was put back to an older state', async () => {
    const { ring, root, path } = await newFileRing();
    const id = await fieldsKeyIn(ring, 'suspended');
    const older = await readFile(path);
    await ring.stage('index');
    const proof = await ring.attestUnused(id, places);
    await writeFile(path, older);
    const again = await openKeyRing({ root, path, backupHorizonDays: 0 });
    await expect(again.destroy(id, proof)).rejects.toThrow('from the future');
  });
});
