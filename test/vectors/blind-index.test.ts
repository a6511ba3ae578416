import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deriveKey } from '../../src/aead/index.js';
import { createBlindIndexer } from '../../src/fields/blind-index.js';
import type { RowKeyPart } from '../../src/fields/index.js';
import { normalisers } from '../../src/fields/normalise.js';
import { foldRowKey } from '../../src/fields/row-place.js';
import { fixedRing } from '../envelope/fixed-ring.js';
import { hkdf, hmac, pae } from './reference.js';

interface Vector {
  readonly table: string;
  readonly index: string;
  readonly normaliser: keyof typeof normalisers;
  readonly value: string;
  readonly expected: string;
}
/** Fewer bits, partitions, and several columns. Computed apart from this code, by the page. */
interface VersionVector extends Omit<Vector, 'normaliser' | 'value'> {
  readonly of: readonly string[];
  readonly normalisers: readonly (keyof typeof normalisers)[];
  readonly bits: number;
  readonly partitions: number;
  readonly row: string;
  readonly values: readonly string[];
  readonly folded: readonly string[];
  readonly partition: string;
}
const file = JSON.parse(readFileSync(join(import.meta.dirname, 'blind-index.json'), 'utf8')) as {
  readonly application: string;
  readonly indexKey: string;
  readonly vectors: readonly Vector[];
  readonly versions: readonly VersionVector[];
};
const indexKey = Buffer.from(file.indexKey, 'hex');

describe('the frozen blind indexes', () => {
  const ring = fixedRing([{ id: 1, key: indexKey, purpose: 'index' }]);
  const indexer = createBlindIndexer(file.application, {
    ...ring,
    derive: (purpose, label) => ({ keyId: 1, key: deriveKey(indexKey, pae('sf1/derive', purpose, label)) }),
  });

  it('hold every normaliser', () => {
    expect(new Set(file.vectors.map(({ normaliser }) => normaliser))).toEqual(new Set(Object.keys(normalisers)));
  });

  it.each(file.vectors)('are the same for $value by $normaliser, here and by the page', (vector) => {
    const { table, index: name, normaliser, value, expected } = vector;
    const current = { normalisers: [normaliser], bits: 128, partitions: 1 };
    const rule = { name, column: `${name}_index`, of: [name], unique: false, current, previous: [] };
    expect(indexer.store(table, rule, [value], ['any'])).toBe(expected);
    expect(indexer.lookUp(table, rule, [value])).toEqual([expected]);
    const key = hkdf(indexKey, pae('sf1/derive', 'index', 'blind-index'));
    const mac = hmac(key, pae(file.application, table, name, normaliser, '', normalisers[normaliser](value)));
    expect(mac.subarray(0, 16).toString('base64url')).toBe(expected);
  });

  it.each(file.versions)('are the same for $values in $bits bits and $partitions partitions of row $row', (vector) => {
    const { table, index: name, of, normalisers: names, bits, partitions, row, values, expected } = vector;
    expect(values.map((value, at) => normalisers[names[at] ?? 'exact/1'](value))).toEqual(vector.folded);
    const rule = {
      name,
      column: `${name}_index`,
      of,
      unique: false,
      current: { normalisers: names, bits, partitions },
    };
    const whole = { ...rule, previous: [] };
    const key = foldRowKey([row]) as readonly RowKeyPart[];
    expect(indexer.store(table, whole, values, key)).toBe(expected);
    const all = indexer.lookUp(table, whole, values);
    expect(partitions === 1 ? all[0] : all[Number(vector.partition)]).toBe(expected);
  });

  it('are those of the page for values too long for the room that others are written in', () => {
    const key = hkdf(indexKey, pae('sf1/derive', 'index', 'blind-index'));
    const current = { normalisers: ['exact/1', 'exact/1'] as const, bits: 128, partitions: 1 };
    const rule = { name: 'x', column: 'x_index', of: ['a', 'b'], unique: false, current, previous: [] };
    const long = '\u20ac'.repeat(5000);
    for (const values of [
      [long, 'b'],
      ['a', long],
      [long, long],
      ['a'.repeat(2000), 'b'.repeat(2000)],
    ]) {
      const mac = hmac(key, pae(file.application, 'customers', 'x', 'exact/1,exact/1', '', ...values));
      expect(indexer.store('customers', rule, values, ['any'])).toBe(mac.subarray(0, 16).toString('base64url'));
    }
  });
});
