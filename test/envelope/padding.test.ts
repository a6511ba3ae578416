import { describe, expect, it } from 'vitest';
import { contentEnd, paddedSize } from '../../src/envelope/padding.js';

describe('padding', () => {
  it('fills steps of a fixed number of bytes', () => {
    expect([2, 32, 33, 64].map((length) => paddedSize(length, 32))).toEqual([32, 32, 64, 64]);
    expect([2, 3, 100].map((length) => paddedSize(length, 1))).toEqual([2, 3, 100]);
  });

  it('follows Padme: L = 9 is padded to 10, and each power of two stays', () => {
    expect([2, 3, 9, 10, 17, 33, 100, 1000, 1_000_001].map((length) => paddedSize(length, 'padme'))).toEqual([
      2, 3, 10, 10, 18, 36, 104, 1024, 1_015_808,
    ]);
    for (let exponent = 1; exponent < 31; exponent += 1) expect(paddedSize(2 ** exponent, 'padme')).toBe(2 ** exponent);
  });

  it('never costs more than 12 % by Padme, and never orders two lengths otherwise', () => {
    let last = 0;
    for (let length = 2; length < 20_000; length += 1) {
      const size = paddedSize(length, 'padme');
      if (size < length || size > length * 1.12 || size < last) expect.unreachable(`length ${length}`);
      last = size;
    }
  });

  it('leaves few sizes to see: a million lengths come out as some four hundred', () => {
    const sizes = new Set(Array.from({ length: 2 ** 20 }, (_, length) => paddedSize(length + 2, 'padme')));
    expect(sizes.size).toBeLessThan(400);
  });

  it.each([
    ['0080', 1],
    ['008000000000', 1],
    ['80', 0],
    ['0080008000', 3],
    ['00', -1],
    ['0000', -1],
    ['007f00', -1],
    ['', -1],
  ])('ends where the last byte that is not 00 is 80: %s at %i', (bytes, end) => {
    expect(contentEnd(Buffer.from(bytes, 'hex'))).toBe(end);
  });
});
