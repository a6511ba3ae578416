import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEnvelopes, type Place, type RowKeyPart, type Typed } from '../../src/envelope/index.js';
import { fixedRandom } from '../aead/hex.js';
import { fixedRing } from '../envelope/fixed-ring.js';
import { hkdf, openBody, pae } from './reference.js';

interface Vector {
  readonly what: string;
  readonly table: string;
  readonly column: string;
  readonly tenant: string | null;
  readonly row: readonly { readonly type: 'text' | 'integer' | 'bytes'; readonly value: string }[];
  readonly type: Typed['type'];
  readonly value: unknown;
  readonly bucketBytes: number;
  readonly nonce: string;
  readonly plaintext: string;
  readonly sealed: string;
}
const file = JSON.parse(readFileSync(join(import.meta.dirname, 'sf1.json'), 'utf8')) as {
  readonly application: string;
  readonly keyId: number;
  readonly dataKey: string;
  readonly vectors: readonly Vector[];
};
const dataKey = Buffer.from(file.dataKey, 'hex');
const keys = fixedRing([{ id: file.keyId, key: dataKey }]);

function typedOf({ type, value }: Vector): Typed {
  if (type === 'bytes') return { type, value: Buffer.from(value as string, 'hex') };
  if (type === 'int64' || type === 'bigint') return { type, value: BigInt(value as string) };
  if (type === 'instant') return { type, value: new Date(value as string) };
  return { type, value } as Typed;
}
function placeOf({ table, column, tenant, row }: Vector): Place {
  const parts = row.map(({ type, value }): RowKeyPart => {
    if (type === 'bytes') return Buffer.from(value, 'hex');
    return type === 'integer' ? BigInt(value) : value;
  });
  return { table, column, row: parts, ...(tenant === null ? {} : { tenant }) };
}

describe('the frozen vectors of SF1', () => {
  it('hold a value of every type', () => {
    const types = new Set(file.vectors.map(({ type }) => type));
    expect(types.size).toBe(10);
  });

  it.each(file.vectors)('give the same text for $what, which opens', (vector) => {
    const random = fixedRandom(Buffer.from(vector.nonce, 'hex'));
    const envelopes = createEnvelopes({ application: file.application, keys, random });
    const place = placeOf(vector);
    const sealed = envelopes.seal(typedOf(vector), place, { pad: vector.bucketBytes });
    expect(sealed).toBe(vector.sealed);
    const opened = envelopes.open(sealed, place, vector.type);
    if (vector.type === 'json') expect(JSON.stringify(opened)).toBe(JSON.stringify(vector.value));
    else expect(opened).toEqual(typedOf(vector).value);
  });

  it.each(file.vectors)('open by a second implementation of the page: $what', (vector) => {
    const bytes = Buffer.from(vector.sealed.slice(4), 'base64url');
    const { application } = file;
    const { table, column, tenant, row } = vector;
    const key = hkdf(dataKey, pae('sf1/enc', Buffer.of(1), application, table, column));
    const parts = row.map(({ type, value }) =>
      type === 'bytes' ? Buffer.from(`03${value}`, 'hex') : Buffer.from(`${type === 'text' ? '\x01' : '\x02'}${value}`),
    );
    const whose = tenant === null ? Buffer.of(0) : Buffer.from(`\x01${tenant}`);
    const aad = Buffer.concat([
      Buffer.from('sf1\0'),
      bytes.subarray(0, 6),
      pae(application, table, column, whose, ...parts),
    ]);
    expect(openBody(key, bytes.subarray(6), aad).toString('hex')).toBe(vector.plaintext);
  });
});
