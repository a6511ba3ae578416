import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEnvelopes, type Padding, type Typed, type ValueType } from '../../src/envelope/index.js';
import { maxStoredSize } from '../../src/envelope/stored-size.js';
import { fixedRing } from './fixed-ring.js';

const envelopes = createEnvelopes({ application: 'shop', keys: fixedRing([{ id: 1, key: Buffer.alloc(32, 1) }]) });
const place = { table: 't', column: 'c', row: 1 };
const sizeOf = (value: Typed, options = {}) => envelopes.seal(value, place, options).length;

describe('maxStoredSize', () => {
  it('is what the longest value of a type takes, to the character', () => {
    expect(maxStoredSize('text', 254)).toBe(sizeOf({ type: 'text', value: '🗝'.repeat(254) }));
    expect(maxStoredSize('text', 254)).toBe(1474);
    expect(maxStoredSize('date')).toBe(sizeOf({ type: 'date', value: '2026-11-22' }));
    expect(maxStoredSize('date')).toBe(151);
    expect(maxStoredSize('instant')).toBe(sizeOf({ type: 'instant', value: new Date(0) }));
    expect(maxStoredSize('int64')).toBe(sizeOf({ type: 'int64', value: -(2n ** 63n) }));
    expect(maxStoredSize('float64')).toBe(sizeOf({ type: 'float64', value: 1.5 }));
    expect(maxStoredSize('boolean')).toBe(sizeOf({ type: 'boolean', value: true }));
    expect(maxStoredSize('bigint', 512)).toBe(sizeOf({ type: 'bigint', value: 1n - 2n ** 512n }));
    expect(maxStoredSize('bytes', 100)).toBe(sizeOf({ type: 'bytes', value: Buffer.alloc(100) }));
    expect(maxStoredSize('decimal', 7)).toBe(sizeOf({ type: 'decimal', value: '-123.45' }));
    expect(maxStoredSize('json', 13)).toBe(sizeOf({ type: 'json', value: { é: 'ab\n' } }));
    expect(maxStoredSize('text', 0, { pad: 1, suite: 'xaes-256-gcm' })).toBe(
      sizeOf({ type: 'text', value: '' }, { pad: 1, suite: 'xaes-256-gcm' }),
    );
  });

  it('is never less than what any shorter value takes, whatever padding and suite', () => {
    const pad = fc.oneof(fc.constant<Padding>('padme'), fc.integer({ min: 1, max: 300 }));
    const suite = fc.constantFrom('kc-xaes-256-gcm' as const, 'xaes-256-gcm' as const);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.nat(50), pad, suite, (value, more, ...given) => {
        const options = { pad: given[0], suite: given[1] };
        const most = maxStoredSize('text', [...value].length + more, options);
        expect(sizeOf({ type: 'text', value }, options)).toBeLessThanOrEqual(most);
      }),
      { numRuns: 60 },
    );
  });

  it.each<[ValueType, number?]>([
    ['text'],
    ['text', -1],
    ['json', 1.5],
    ['bytes', 2 ** 31],
    ['date', 10],
    ['toString' as ValueType, 3],
  ])('refuses %s of %s', (type, maxLength) => {
    expect(() => maxStoredSize(type, maxLength)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });

  it('refuses a padding that sealing would refuse', () => {
    expect(() => maxStoredSize('text', 1, { pad: 0 })).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });
});
