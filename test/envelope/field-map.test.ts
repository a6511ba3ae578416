import { describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { createEnvelopes, type FieldMap, type Place, type Typed, type ValueType } from '../../src/envelope/index.js';
import { fixedRing } from './fixed-ring.js';

const ring = () =>
  fixedRing([
    { id: 0xa1b2c3d4, key: Buffer.alloc(32, 1) },
    { id: 7, key: Buffer.alloc(32, 2) },
  ]);
const envelopes = createEnvelopes({ application: 'shop', keys: ring() });
const place: Place = { table: 'customers', column: 'sealed', row: 'c-1' };
const map: FieldMap = {
  schema: 3,
  fields: new Map<number, Typed | null>([
    [4, { type: 'text', value: 'ada@example.com' }],
    [2, { type: 'date', value: '1990-12-10' }],
    [65_535, { type: 'boolean', value: false }],
    [0, null],
    [9, { type: 'text', value: '' }],
    [11, { type: 'int64', value: -12n }],
  ]),
};
const sealed = envelopes.sealMap(map, place);
const bytesOf = (text: string) => Buffer.from(text.slice(4), 'base64url');
const textOf = (bytes: Uint8Array) => `sf1.${Buffer.from(bytes).toString('base64url')}`;

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!isSafekeepError(error)) throw error;
    const whole = `${error.stack}${JSON.stringify(error.facts)}${String(error.cause)}`;
    for (const leak of ['ada', 'c-1', '1990']) expect(whole).not.toContain(leak);
    return error.code;
  }
  return 'accepted';
}
const opening = (text: unknown, at: Place = place) => refusal(() => envelopes.openMap(text, at));

describe('a sealed map', () => {
  it('gives back its schema and every field, null and empty text among them, in ascending order', () => {
    const opened = envelopes.openMap(sealed, place);
    expect(opened.schema).toBe(3);
    expect([...opened.fields.keys()]).toEqual([0, 2, 4, 9, 11, 65_535]);
    for (const [field, value] of map.fields) expect(opened.fields.get(field)).toEqual(value);
  });

  it('says suite 11 and the key id in its first six bytes', () => {
    expect(bytesOf(sealed).subarray(0, 6).toString('hex')).toBe('c111a1b2c3d4');
    expect(envelopes.keyIdOf(sealed)).toBe(0xa1b2c3d4);
  });

  it('decodes the fields that are asked for, and no others', () => {
    const opened = envelopes.openMap(sealed, place, (field, schema) =>
      schema === 3 && field === 4 ? 'text' : undefined,
    );
    expect([...opened.fields]).toEqual([[4, { type: 'text', value: 'ada@example.com' }]]);
  });

  it('lets null stand for a field of any type, and refuses a field of another type', () => {
    const as = (field: number, type: ValueType) =>
      refusal(() => envelopes.openMap(sealed, place, (other) => (other === field ? type : undefined)));
    expect(as(0, 'json')).toBe('accepted');
    expect(as(4, 'text')).toBe('accepted');
    expect(as(4, 'bytes')).toBe('ERR_SEAL_BROKEN');
    expect(as(11, 'instant')).toBe('ERR_SEAL_BROKEN');
  });

  it('may hold nothing, and may hold more than a page of memory', () => {
    expect(envelopes.openMap(envelopes.sealMap({ schema: 0, fields: new Map() }, place), place)).toEqual({
      schema: 0,
      fields: new Map(),
    });
    const many = new Map(
      Array.from({ length: 300 }, (_, at): [number, Typed] => [at * 7, { type: 'text', value: 'é'.repeat(at) }]),
    );
    const opened = envelopes.openMap(envelopes.sealMap({ schema: 0xffff_ffff, fields: many }, place), place);
    expect(opened).toEqual({ schema: 0xffff_ffff, fields: many });
    expect(envelopes.openMap(sealed, place).fields.get(4)).toEqual(map.fields.get(4));
  });

  it('does not open with any single bit flipped', () => {
    const bytes = bytesOf(sealed);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const copy = Buffer.from(bytes);
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(`${bit} ${opening(textOf(copy))}`).toMatch(/ERR_(NOT_SEALED|SEAL_KEY|KEY_UNKNOWN|SEAL_BROKEN)$/);
    }
  });

  it('does not open cut, lengthened, or in another place', () => {
    const bytes = bytesOf(sealed);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(opening(textOf(bytes.subarray(0, length)))).not.toBe('accepted');
      expect(opening(textOf(bytes.subarray(bytes.length - length)))).not.toBe('accepted');
    }
    for (const more of [1, 16, 32])
      expect(opening(textOf(Buffer.concat([bytes, Buffer.alloc(more)])))).toBe('ERR_SEAL_BROKEN');
    expect(opening(sealed, { ...place, row: 'c-2' })).toBe('ERR_SEAL_BROKEN');
    expect(opening(sealed, { ...place, tenant: 't' })).toBe('ERR_SEAL_BROKEN');
    expect(opening(sealed, { ...place, column: 'other' })).toBe('ERR_SEAL_KEY');
    expect(opening(sealed, { ...place, table: 'orders' })).toBe('ERR_SEAL_KEY');
  });

  it('is no value of a column, and a value of a column is no map', () => {
    const value = envelopes.seal({ type: 'text', value: 'x' }, place);
    expect(opening(value)).toBe('ERR_SEAL_KEY');
    expect(refusal(() => envelopes.open(sealed, place, 'text'))).toBe('ERR_SEAL_KEY');
    const relabelled = bytesOf(sealed);
    relabelled[1] = 0x01;
    expect(refusal(() => envelopes.open(textOf(relabelled), place, 'text'))).toBe('ERR_SEAL_KEY');
  });

  it('refuses a map that is itself sealed as one of its fields', () => {
    const twice = new Map<number, Typed>([[1, { type: 'text', value: sealed }]]);
    expect(refusal(() => envelopes.sealMap({ schema: 1, fields: twice }, place))).toBe('ERR_ALREADY_SEALED');
  });

  it.each([-1, 65_536, 1.5, Number.NaN])('refuses the field number %j', (field) => {
    const fields = new Map<number, Typed>([[field, { type: 'boolean', value: true }]]);
    expect(refusal(() => envelopes.sealMap({ schema: 1, fields }, place))).toBe('ERR_OPTION_INVALID');
  });

  it.each([-1, 2 ** 32, 0.5])('refuses the schema %j', (schema) => {
    expect(refusal(() => envelopes.sealMap({ schema, fields: new Map() }, place))).toBe('ERR_OPTION_INVALID');
  });

  it('refuses a value that is not of its type, and leaves nothing of the others behind', () => {
    const fields = new Map<number, Typed>([
      [1, { type: 'text', value: 'ada@example.com' }],
      [2, { type: 'date', value: '2026-02-30' }],
    ]);
    expect(refusal(() => envelopes.sealMap({ schema: 1, fields }, place))).toBe('ERR_VALUE_TYPE');
    expect(envelopes.openMap(sealed, place).fields.size).toBe(6);
  });
});
