import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import {
  createEnvelopes,
  type Envelopes,
  type Padding,
  type Place,
  type RowKeyPart,
  type Typed,
} from '../../src/envelope/index.js';
import { fixedRandom } from '../aead/hex.js';
import { fixedRing } from '../envelope/fixed-ring.js';

type Told = { readonly type: Typed['type'] | 'null'; readonly value: unknown };
interface Vector {
  readonly what: string;
  readonly table: string;
  readonly column: string;
  readonly tenant: string | null;
  readonly row: readonly { readonly type: 'text' | 'integer' | 'bytes'; readonly value: string }[];
  readonly sealed: string;
}
interface Sealed extends Vector {
  readonly pad: Padding;
  readonly hedged: boolean;
  readonly random: string;
}
interface File<V> {
  readonly application: string;
  readonly keyId: number;
  readonly dataKey: string;
  readonly vectors: readonly V[];
}
const read = <V>(name: string) => JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as File<V>;
const values = read<Sealed & Told>('sf1-02.json');
const maps = read<Sealed & { readonly schema: number; readonly fields: readonly (Told & { field: number })[] }>(
  'sf1-11.json',
);
const streams = read<Vector & { readonly salt: string; readonly length: number; readonly sha256: string }>(
  'sf1-21.json',
);

function envelopesOf(file: File<unknown>, random: string, hedged = false): Envelopes {
  const keys = fixedRing([{ id: file.keyId, key: Buffer.from(file.dataKey, 'hex') }]);
  return createEnvelopes({
    application: file.application,
    keys,
    hedged,
    random: fixedRandom(Buffer.from(random, 'hex')),
  });
}
function placeOf({ table, column, tenant, row }: Vector): Place {
  const parts = row.map(({ type, value }): RowKeyPart => {
    if (type === 'bytes') return Buffer.from(value, 'hex');
    return type === 'integer' ? BigInt(value) : value;
  });
  return { table, column, row: parts, ...(tenant === null ? {} : { tenant }) };
}
function typedOf({ type, value }: Told): Typed | null {
  if (type === 'null') return null;
  if (type === 'bytes') return { type, value: Buffer.from(value as string, 'hex') };
  if (type === 'int64' || type === 'bigint') return { type, value: BigInt(value as string) };
  if (type === 'instant') return { type, value: new Date(value as string) };
  return { type, value } as Typed;
}
/** JSON comes back without prototypes, which a plain comparison minds. */
const plainly = (value: Typed | null | undefined) =>
  value?.type === 'json' ? { ...value, value: JSON.parse(JSON.stringify(value.value)) as unknown } : value;

describe('the frozen vectors of suite 02', () => {
  it('hold a value of every type', () => {
    expect(new Set(values.vectors.map(({ type }) => type)).size).toBe(10);
  });

  it.each(values.vectors)('give the same text for $what, which opens', (vector) => {
    const envelopes = envelopesOf(values, vector.random, vector.hedged);
    const [place, options] = [placeOf(vector), { pad: vector.pad, suite: 'xaes-256-gcm' as const }];
    expect(envelopes.seal(typedOf(vector) as Typed, place, options)).toBe(vector.sealed);
    expect(plainly(envelopes.openAny(vector.sealed, place, options))).toEqual(typedOf(vector));
  });
});

describe('the frozen vectors of suite 11', () => {
  it('hold a field of every type, and null', () => {
    const types = maps.vectors.flatMap(({ fields }) => fields.map(({ type }) => type));
    expect(new Set(types).size).toBe(11);
  });

  it.each(maps.vectors)('give the same text for $what, which opens', (vector) => {
    const envelopes = envelopesOf(maps, vector.random, vector.hedged);
    const { schema, pad } = vector;
    const fields = new Map(vector.fields.map((field) => [field.field, typedOf(field)]));
    expect(envelopes.sealMap({ schema, fields }, placeOf(vector), { pad })).toBe(vector.sealed);
    const opened = envelopes.openMap(vector.sealed, placeOf(vector));
    expect(opened.schema).toBe(schema);
    expect([...opened.fields].map(([field, value]) => [field, plainly(value)])).toEqual([...fields]);
  });
});

describe('the frozen vectors of suite 21', () => {
  it.each(streams.vectors)('give the same bytes for $what, which open', async (vector) => {
    const envelopes = envelopesOf(streams, vector.salt);
    const plain = Buffer.from(Array.from({ length: vector.length }, (_, at) => (at * 7 + (at >> 8)) & 0xff));
    const sealed = await buffer(Readable.from([plain]).pipe(envelopes.sealStream(placeOf(vector))));
    expect(sealed.toString('base64')).toBe(vector.sealed);
    const opened = await buffer(Readable.from([sealed]).pipe(envelopes.openStream(placeOf(vector))));
    expect(opened).toEqual(plain);
    expect(createHash('sha256').update(opened).digest('hex')).toBe(vector.sha256);
  });
});
