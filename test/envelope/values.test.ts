import { describe, expect, it } from 'vitest';
import { createEnvelopes, type Typed } from '../../src/envelope/index.js';
import { decode, encode } from '../../src/envelope/values.js';
import { fixedRing } from './fixed-ring.js';

const hexOf = (value: Typed) => {
  const encoded = encode(value);
  return encoded === null
    ? null
    : `${encoded.tag.toString(16).padStart(2, '0')} ${Buffer.from(encoded.bytes).toString('hex')}`;
};
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;
const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

describe('the encoding of a value', () => {
  it.each<[string, Typed]>([
    ['00 c3a9', { type: 'text', value: 'é' }],
    ['01 0102', { type: 'bytes', value: Buffer.from([1, 2]) }],
    ['02 ', { type: 'boolean', value: false }],
    ['03 ', { type: 'boolean', value: true }],
    ['04 fffffffffffffffe', { type: 'int64', value: -2n }],
    ['05 00', { type: 'bigint', value: 0n }],
    ['05 000100', { type: 'bigint', value: 256n }],
    ['05 01ff', { type: 'bigint', value: -255n }],
    ['06 3ff8000000000000', { type: 'float64', value: 1.5 }],
    ['07 2d31322e3530', { type: 'decimal', value: '-12.50' }],
    ['08 0000000000000001', { type: 'instant', value: new Date(1) }],
    ['09 323032342d30322d3239', { type: 'date', value: '2024-02-29' }],
    ['0a 7b2261223a5b312c6e756c6c5d7d', { type: 'json', value: { a: [1, null] } }],
  ])('gives %s, as docs/formats.md says', (hex, value) => {
    expect(hexOf(value)).toBe(hex);
    const bytes = Buffer.from(hex.replace(' ', ''), 'hex');
    expect(decode(bytes, 0, bytes.length)).toEqual(value);
  });

  const refused: [string, unknown, unknown][] = [
    ['text', 'half a character', '\ud83d'],
    ['text', 'a number', 7],
    ['text', 'null', null],
    ['bytes', 'text', 'abc'],
    ['boolean', 'a number', 1],
    ['int64', 'a number', 7],
    ['int64', 'one above its range', 2n ** 63n],
    ['int64', 'one below its range', -(2n ** 63n) - 1n],
    ['bigint', 'a number', 7],
    ['float64', 'a bigint', 7n],
    ['decimal', 'a leading zero', '01'],
    ['decimal', 'an exponent', '1e5'],
    ['decimal', 'nothing', ''],
    ['decimal', 'a bare point', '1.'],
    ['decimal', 'a line end', '1\n'],
    ['instant', 'an invalid date', new Date(Number.NaN)],
    ['instant', 'text', '2024-01-01'],
    ['date', 'a day that does not exist', '2023-02-29'],
    ['date', 'a 30th of February', '2024-02-30'],
    ['date', 'the year zero', '0000-01-01'],
    ['date', 'a time', '2024-01-01T00:00:00Z'],
    ['date', 'a Date', new Date(0)],
    ['json', 'a prototype key', JSON.parse('{"a":{"__proto__":{"admin":true}}}')],
    ['json', 'a constructor', { constructor: 1 }],
    ['json', 'a member named prototype', [{ prototype: 1 }]],
    ['json', 'undefined', undefined],
    ['json', 'an undefined member', { a: undefined }],
    ['json', 'a function', { a: () => 1 }],
    ['json', 'a bigint', { a: 1n }],
    ['json', 'a Date, which JSON would turn into text', { a: new Date(0) }],
    ['json', 'a Map, which JSON would empty', new Map([['a', 1]])],
    ['json', 'not-a-number', Number.NaN],
    ['json', 'a symbol key', { [Symbol('a')]: 1 }],
    ['json', 'a hole in an array', Array(2)],
    ['json', 'a cycle', cycle],
    ['json', 'more than 64 levels', deep(65)],
    ['colour', 'anything', 'red'],
  ];
  const envelopes = createEnvelopes({ application: 'shop', keys: fixedRing([{ id: 1, key: Buffer.alloc(32, 1) }]) });
  it.each(refused)('of %s refuses %s', (type, _what, value) => {
    const typed = { type, value } as Typed;
    expect(encode(typed)).toBeNull();
    expect(() => envelopes.seal(typed, { table: 't', column: 'c', row: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_VALUE_TYPE' }),
    );
  });

  it('opens JSON into objects without a prototype, at every depth', () => {
    const bytes = Buffer.from('0a7b2261223a7b7d7d', 'hex');
    const value = decode(bytes, 0, bytes.length)?.value as { a: object };
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.getPrototypeOf(value.a)).toBeNull();
    // Sealed by another hand: the member is data, and reaches no prototype.
    const hostile = Buffer.from('\x0a{"__proto__":{"admin":true}}', 'latin1');
    const opened = decode(hostile, 0, hostile.length)?.value as { admin?: boolean };
    expect(opened.admin).toBeUndefined();
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('decodes nothing from tags and lengths that it never writes', () => {
    for (const hex of ['0b', '0f', 'ff', '0201', '0300', '0400', '05', '06ff', '0800']) {
      const bytes = Buffer.from(hex, 'hex');
      expect(decode(bytes, 0, bytes.length)).toBeNull();
    }
  });

  it('keeps what only floating point has: minus zero, infinities, not-a-number', () => {
    for (const value of [-0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 5e-324]) {
      const encoded = encode({ type: 'float64', value });
      const bytes = Buffer.concat([Buffer.of(6), encoded?.bytes ?? Buffer.alloc(0)]);
      expect(Object.is(decode(bytes, 0, bytes.length)?.value, value)).toBe(true);
    }
  });
});
