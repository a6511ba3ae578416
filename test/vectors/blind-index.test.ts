import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deriveKey } from '../../src/aead/index.js';
import { createBlindIndexer } from '../../src/fields/blind-index.js';
import { normalisers } from '../../src/fields/normalise.js';
import { fixedRing } from '../envelope/fixed-ring.js';
import { hkdf, hmac, pae } from './reference.js';

interface Vector {
  readonly table: string;
  readonly index: string;
  readonly normaliser: keyof typeof normalisers;
  readonly value: string;
  readonly expected: string;
}
const file = JSON.parse(readFileSync(join(import.meta.dirname, 'blind-index.json'), 'utf8')) as {
  readonly application: string;
  readonly indexKey: string;
  readonly vectors: readonly Vector[];
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
    expect(indexer(table, { name, column: `${name}_index`, unique: false, normaliser }, value)).toBe(expected);
    const key = hkdf(indexKey, pae('sf1/derive', 'index', 'blind-index'));
    const mac = hmac(key, pae(file.application, table, name, normaliser, '', normalisers[normaliser](value)));
    expect(mac.subarray(0, 16).toString('base64url')).toBe(expected);
  });
});
