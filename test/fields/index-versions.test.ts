import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFields } from '../../src/fields/index.js';
import { fileRootKey, type KeyRing, openKeyRing } from '../../src/keys/index.js';
import { definePolicy } from '../../src/policy/index.js';

const scratch = mkdtempSync(join(tmpdir(), 'safekeep-indexes-'));
let keys: KeyRing;
beforeAll(async () => {
  const root = fileRootKey(join(scratch, 'root.key'), { create: true });
  keys = await openKeyRing({ root, path: join(scratch, 'keys.json'), create: true });
});
afterAll(() => {
  keys.close();
  rmSync(scratch, { recursive: true, force: true });
});

const people = (index: object, indexes: object = {}) =>
  createFields({
    application: 'shop',
    keys,
    policy: definePolicy({
      application: 'shop',
      purposes: { account: 'contract' },
      tables: {
        people: {
          row: 'id',
          indexes: indexes as { named?: { of: ['city', 'born'] } },
          columns: {
            city: { is: 'name', for: ['account'], index: { name: 'city', normaliser: 'text/1', ...index } },
            born: { is: 'date_of_birth', for: ['account'] },
            plate: { is: 'name', for: ['account'] },
          },
        },
      },
    }),
  });
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('an index of fewer bits', () => {
  it.each([
    [128, 22],
    [64, 11],
    [12, 3],
    [1, 2],
  ])('stores %i bits in %i characters, the beginning of the whole', (bits, length) => {
    const index = people({ bits }).blindIndex('people', 'city', 'Leeds');
    const whole = Buffer.from(people({}).blindIndex('people', 'city', 'Leeds'), 'base64url');
    const cut = Buffer.from(index, 'base64url');
    expect(index).toHaveLength(length);
    const text = (bytes: Buffer) => [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    expect(text(cut).slice(0, bits)).toBe(text(whole).slice(0, bits));
    expect(text(cut).slice(bits)).not.toContain('1');
  });

  it('brings other values back too, which confirming by opening takes out', () => {
    const fields = people({ bits: 1 });
    const rows = Array.from({ length: 40 }, (_, at) =>
      fields.sealRow('people', { id: `p-${at}`, city: at === 7 ? '  LEEDS ' : `City ${at}` }),
    );
    const wanted = fields.blindIndexes('people', { city: 'leeds' });
    const hits = rows.filter((row) => wanted.includes(row['city_index'] as never));
    expect(hits.length).toBeGreaterThan(1);
    expect(fields.confirm('people', { city: 'leeds' }, hits)).toEqual([rows[7]]);
  });

  it('is not fooled by an index that somebody copied to another row', () => {
    const fields = people({});
    const ada = fields.sealRow('people', { id: 'p-1', city: 'Leeds' });
    const other = { ...fields.sealRow('people', { id: 'p-2', city: 'York' }), city_index: ada['city_index'] };
    expect(fields.confirm('people', { city: 'Leeds' }, [ada, other])).toEqual([ada]);
  });

  it('refuses to confirm a row that was read without its sealed column', () => {
    const { city: _city, ...rest } = people({}).sealRow('people', { id: 'p-1', city: 'Leeds' });
    expect(() => people({}).confirm('people', { city: 'Leeds' }, [rest])).toThrow(code('ERR_COLUMN_REFUSED'));
  });
});

describe('an index with partitions', () => {
  it('spreads one value over them by the row, the same each time the row is written', () => {
    const fields = people({ partitions: 4 });
    const stored = Array.from({ length: 200 }, (_, at) => fields.sealRow('people', { id: `p-${at}`, city: 'Leeds' }));
    const counts = new Map<unknown, number>();
    for (const row of stored) counts.set(row['city_index'], (counts.get(row['city_index']) ?? 0) + 1);
    expect(counts.size).toBe(4);
    expect(Math.max(...counts.values())).toBeLessThan(100);
    expect(new Set(fields.blindIndexes('people', { city: 'leeds' }))).toEqual(new Set(counts.keys()));
    expect(fields.sealRow('people', { id: 'p-3', city: 'Leeds' })['city_index']).toBe(stored[3]?.['city_index']);
  });

  it('takes a row key for the same whether it is a number or a driver’s text of one', () => {
    const fields = people({ partitions: 255 });
    const of = (id: unknown) => fields.sealRow('people', { id, city: 'Leeds' })['city_index'];
    expect(new Set([of(7), of(7n), of('7')]).size).toBe(1);
    expect(fields.reindexRow('people', { ...fields.sealRow('people', { id: 7, city: 'Leeds' }), id: '7' })).toBeNull();
  });

  it('has no single value to look up by', () => {
    expect(() => people({ partitions: 4 }).blindIndex('people', 'city', 'Leeds')).toThrow(code('ERR_COLUMN_REFUSED'));
  });
});

describe('an index over several columns', () => {
  const indexes = { named: { of: ['city', 'born'], bits: 64 } };

  it('finds rows by all of them together, in whatever order they are given', () => {
    const fields = people({}, indexes);
    const row = fields.sealRow('people', { id: 'p-1', city: 'Leeds', born: '1990-12-10' });
    expect(fields.blindIndexes('people', { born: '1990-12-10', city: 'leeds' })).toEqual([row['named_index']]);
    expect(fields.blindIndexes('people', { born: '1990-12-11', city: 'leeds' })).not.toContain(row['named_index']);
    expect(fields.confirm('people', { city: 'leeds', born: '1990-12-10' }, [row])).toEqual([row]);
    expect(fields.confirm('people', { city: 'leeds', born: '1990-12-11' }, [row])).toEqual([]);
  });

  it('is null when one of them is, and refuses to be computed from half of them', () => {
    const fields = people({}, indexes);
    expect(fields.sealRow('people', { id: 'p-1', city: null, born: '1990-12-10' })['named_index']).toBeNull();
    expect(fields.sealRow('people', { id: 'p-1', plate: 'x' })).not.toHaveProperty('named_index');
    expect(() => fields.sealRow('people', { id: 'p-1', city: 'Leeds' })).toThrow(code('ERR_COLUMN_REFUSED'));
  });

  it('is asked for by exactly its columns, none of them null', () => {
    const fields = people({}, indexes);
    expect(() => fields.blindIndexes('people', { born: '1990-12-10' })).toThrow(code('ERR_COLUMN_REFUSED'));
    expect(() => fields.blindIndexes('people', {})).toThrow(code('ERR_COLUMN_REFUSED'));
    expect(() => fields.blindIndexes('people', { city: null } as never)).toThrow(code('ERR_VALUE_TYPE'));
  });

  it('keeps two texts apart that would be one if they were only joined', () => {
    const fields = people({}, { named: { of: ['city', 'plate'] } });
    const of = (city: string, plate: string) => fields.sealRow('people', { id: 'p-1', city, plate })['named_index'];
    expect(of('a b', 'c')).not.toBe(of('a', 'b c'));
  });
});

describe('while an index changes', () => {
  it('rows of the old normaliser, bits and partitions are found, until they are indexed anew', () => {
    const before = people({ normaliser: 'exact/1' });
    const after = people({ bits: 16, partitions: 2, previous: [{ normaliser: 'exact/1', bits: 128, partitions: 1 }] });
    const old = before.sealRow('people', { id: 'p-1', city: 'Leeds' });
    expect(after.blindIndexes('people', { city: 'Leeds' })).toContain(old['city_index']);
    expect(after.confirm('people', { city: 'Leeds' }, [old])).toEqual([old]);
    const anew = after.reindexRow('people', old);
    expect(anew).toEqual({ city_index: after.sealRow('people', { id: 'p-1', city: 'Leeds' })['city_index'] });
    expect(after.reindexRow('people', { ...old, ...anew })).toBeNull();
    expect(after.blindIndexes('people', { city: 'leeds' })).toContain(anew?.['city_index']);
    expect(people({}).blindIndexes('people', { city: 'Leeds' })).not.toContain(old['city_index']);
  });

  it('rows of every key in use are found: the staged one, the active one, and the one before', async () => {
    const fields = people({});
    const look = () => fields.blindIndexes('people', { city: 'Leeds' });
    const old = fields.sealRow('people', { id: 'p-1', city: 'Leeds' });
    expect(look()).toEqual([old['city_index']]);
    const { id } = await keys.stage('index');
    const staged = look();
    expect(staged).toHaveLength(2);
    expect(staged[0]).toBe(old['city_index']);
    await keys.activate(id);
    const fresh = fields.sealRow('people', { id: 'p-2', city: 'Leeds' });
    expect(look()).toEqual([fresh['city_index'], old['city_index']]);
    expect(staged[1]).toBe(fresh['city_index']);
    expect(fields.blindIndex('people', 'city', 'Leeds')).toBe(fresh['city_index']);
    expect(fields.reindexRow('people', old)).toEqual({ city_index: fresh['city_index'] });
  });
});
