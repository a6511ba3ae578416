import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { u32 } from '../../src/base/bytes.js';
import { headerOf, keyPattern } from '../../src/fields/rotation/key-text.js';

const sealed = (suite: number, keyId: number, rest = Buffer.alloc(80, 0xee)) =>
  `sf1.${Buffer.concat([Buffer.from([0xc1, suite]), u32(keyId), rest]).toString('base64url')}`;
const anyKey = fc.integer({ min: 1, max: 0xffff_ffff });
const anySuite = fc.integer({ min: 0, max: 255 });

describe('the header in the text of a sealed value', () => {
  it('is read whatever suite and key it names', () => {
    fc.assert(
      fc.property(anySuite, anyKey, (suite, keyId) => {
        expect(headerOf(sealed(suite, keyId))).toEqual({ suite, keyId });
      }),
    );
  });

  it.each([
    '',
    'sf1.',
    'sf1.wQGhssP',
    'sf1.xQGhssPU',
    'sf2.wQGhssPU',
    'sf1.wQGhss+U',
    ' sf1.wQGhssPU',
    '$argon2id$v=19',
  ])('is not found in %j', (text) => {
    expect(headerOf(text)).toBeNull();
  });
});

describe('the pattern of a key', () => {
  it('is the one that docs/formats.md gives for A1B2C3D4', () => {
    expect('sf1.wQGhssPU').toMatch(new RegExp(keyPattern(0xa1b2c3d4)));
  });

  it('matches every value under the key, of any suite, and none under another', () => {
    fc.assert(
      fc.property(anySuite, anyKey, anyKey, (suite, keyId, other) => {
        expect(new RegExp(keyPattern(keyId)).test(sealed(suite, keyId))).toBe(true);
        expect(new RegExp(keyPattern(other)).test(sealed(suite, keyId))).toBe(other === keyId);
      }),
    );
  });

  it('tells keys apart that differ in one bit', () => {
    for (let bit = 0; bit < 32; bit += 1) {
      const other = (0xa1b2c3d4 ^ (1 << bit)) >>> 0;
      expect(new RegExp(keyPattern(0xa1b2c3d4)).test(sealed(1, other))).toBe(false);
    }
  });
});
