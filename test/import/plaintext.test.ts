import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExactJson } from '../../src/fields/import/exact-json.js';
import { canImport, formatPlain, fromDriver, parsePlain, samePlain } from '../../src/fields/import/plaintext.js';
import { looksSealed } from '../../src/fields/import/sealed-look.js';

describe('a plaintext as PostgreSQL writes it', () => {
  it.each([
    ['text', ''],
    ['decimal', '-12.50'],
    ['int64', '-9223372036854775808'],
    ['bigint', '123456789012345678901234567890'],
    ['float64', '0.1'],
    ['float64', 'NaN'],
    ['date', '0001-01-01'],
    ['bytes', '\\x00ff'],
    ['bytes', '\\x'],
    ['boolean', 'true'],
  ] as const)('is read as %s and written as it was: %s', (type, text) => {
    const value = parsePlain(text, type);
    expect(value).toBeDefined();
    expect(formatPlain(value, type)).toBe(text);
    expect(samePlain(value, parsePlain(text, type), type)).toBe(true);
  });

  it.each([
    ['2026-11-22 14:00:00+00', '2026-11-22T14:00:00.000Z'],
    ['2026-11-22 14:00:00.5-03', '2026-11-22T17:00:00.500Z'],
    ['2026-11-22 14:00:00.125000+05:30', '2026-11-22T08:30:00.125Z'],
    ['2026-11-22T14:00:00Z', '2026-11-22T14:00:00.000Z'],
  ])('is the instant that it says: %s', (text, iso) => {
    expect(parsePlain(text, 'instant')).toEqual(new Date(iso));
  });

  it.each([
    ['instant', '2026-11-22 14:00:00.123456+00'],
    ['instant', '2026-11-22 14:00:00'],
    ['instant', 'infinity'],
    ['instant', '0044-03-15 12:00:00+00 BC'],
    ['date', '2026-02-30'],
    ['date', '44-03-15'],
    ['int64', '9223372036854775808'],
    ['int64', '1.0'],
    ['int64', ''],
    ['bigint', '0x10'],
    ['float64', ' 1'],
    ['float64', ''],
    ['decimal', 'NaN'],
    ['boolean', 'yes'],
    ['bytes', 'abc'],
    ['json', 'null'],
    ['json', '{"a":1,"a":2}'],
    ['json', '{"constructor":1}'],
    ['json', '{'],
    ['text', '\ud800'],
  ] as const)('is refused as %s: %s', (type, text) => {
    expect(parsePlain(text, type)).toBeUndefined();
  });

  it('is imported from SQL types only that say all of it', () => {
    expect(canImport('character varying(40)', 'text')).toBe(true);
    expect(canImport('numeric(12,2)', 'decimal')).toBe(true);
    for (const [sql, type] of [
      ['money', 'decimal'],
      ['timestamp without time zone', 'instant'],
      ['jsonb', 'text'],
      ['bytea', 'text'],
      ['text[]', 'text'],
      ['double precision', 'decimal'],
    ] as const)
      expect(canImport(sql, type)).toBe(false);
  });
});

describe('JSON that JavaScript keeps', () => {
  it('is all that it wrote itself', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        // -0 is written as 0, and a member named twice cannot come from an object.
        expect(isExactJson(JSON.stringify(JSON.parse(text)))).toBe(true);
      }),
    );
  });

  it.each(['12345678901234567890', '0.1234567890123456789', '1e400', '{"a":[{"b":1},{"b":1,"b":1}]}'])(
    'is not %s',
    (text) => {
      expect(isExactJson(text)).toBe(false);
    },
  );

  it.each(['1.50', '15e-1', '-0', '{"12345678901234567890":":\\":"}', '[1,{"a":2,"b":{"a":3}}]'])('is %s', (text) => {
    expect(isExactJson(text)).toBe(true);
  });

  it('is compared without the order of its members, and with that of its lists', () => {
    expect(samePlain({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, 'json')).toBe(true);
    expect(samePlain({ a: [1, 2] }, { a: [2, 1] }, 'json')).toBe(false);
    expect(samePlain({ a: null }, {}, 'json')).toBe(false);
    expect(samePlain([], {}, 'json')).toBe(false);
    for (const list of [['a', 1], [['a', 1]], [[['a', 1]]]]) expect(samePlain(list, { a: 1 }, 'json')).toBe(false);
  });
});

describe('a plaintext as the driver gives it', () => {
  it.each([
    [7, 'int64', 7n],
    [7, 'decimal', '7'],
    [0.5, 'float64', 0.5],
    [true, 'boolean', true],
    ['12.50', 'decimal', '12.50'],
    [{ a: 1 }, 'json', { a: 1 }],
    [3, 'json', 3],
    [new Date(2026, 1, 3), 'date', '2026-02-03'],
  ] as const)('%j is read as %s', (stored, type, value) => {
    expect(fromDriver(stored, type)).toEqual(value);
  });

  it.each([
    [0.5, 'int64'],
    [2 ** 60, 'int64'],
    [new Date(Number.NaN), 'instant'],
    [{}, 'text'],
    [null, 'text'],
  ] as const)('%j is no %s', (stored, type) => {
    expect(fromDriver(stored, type)).toBeUndefined();
  });
});

describe('the look of a sealed value', () => {
  it('is not seen in what people and other libraries write', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        fc.pre(!/sf1\./i.test(text));
        expect(looksSealed(text)).toBe(false);
      }),
    );
    for (const text of [
      '',
      'sf',
      'sf1',
      'wQE',
      'ada@example.com',
      `eyJ${'a'.repeat(80)}`,
      `v1.aesgcm256.${'Q'.repeat(80)}`,
    ])
      expect(looksSealed(text)).toBe(false);
  });
});
