import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFuse, type Fuse } from '../../../src/passwords/breached/fuse-build.js';
import { cellsOf, type FingerprintBits, locate, shapeFor } from '../../../src/passwords/breached/fuse-shape.js';

/** Read as docs/formats.md says, without the code that reads files. */
function holds({ shape, cells }: Fuse, bits: FingerprintBits, key: readonly number[]): boolean {
  if (cells.length === 0) return false;
  const places = new Uint32Array(4);
  locate(shape, key, 0, places);
  const [a = 0, b = 0, c = 0, own = 0] = [...places];
  const cell = (place: number) => (bits === 8 ? cells.readUInt8(place) : cells.readUInt16BE(2 * place));
  return (cell(a) ^ cell(b) ^ cell(c)) === (own & (2 ** bits - 1));
}
const build = (keys: readonly (readonly number[])[], bits: FingerprintBits = 16) =>
  buildFuse(Uint32Array.from(keys.flat()), keys.length, bits);
const randomKeys = (count: number) => {
  const words = randomBytes(12 * count);
  return Array.from({ length: count }, (_, index) => [0, 4, 8].map((at) => words.readUInt32BE(index * 12 + at)));
};

describe('a binary fuse filter', () => {
  it('holds every key that it was made of, whatever they are', () => {
    const word = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 1, 0xffffffff, 0x80000000));
    const keys = fc.uniqueArray(fc.tuple(word, word, word), { maxLength: 400, selector: (key) => key.join() });
    fc.assert(
      fc.property(keys, fc.constantFrom<FingerprintBits[]>(8, 16), (list, bits) => {
        const fuse = build(list, bits);
        expect(list.every((key) => holds(fuse, bits, key))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each([1, 2, 3, 10, 100, 1000, 20_000])('holds all of %i random keys', (count) => {
    const keys = randomKeys(count);
    for (const bits of [8, 16] as const) {
      const fuse = build(keys, bits);
      expect(keys.filter((key) => !holds(fuse, bits, key))).toEqual([]);
    }
  });

  it('calls others listed at its rate and no more often', () => {
    const fuse = build(randomKeys(20_000), 8);
    const wrong = randomKeys(100_000).filter((key) => holds(fuse, 8, key)).length;
    // 390.6 expected, standard deviation 19.7: five of them either way.
    expect(wrong).toBeGreaterThan(290);
    expect(wrong).toBeLessThan(490);
    const fine = build(randomKeys(20_000), 16);
    expect(randomKeys(100_000).filter((key) => holds(fine, 16, key)).length).toBeLessThan(12);
  });

  it('stirs the words where they are not random enough to be used as they are', () => {
    // Three places that are equal cannot be solved; the third word is brought in by the second attempt.
    const keys = Array.from({ length: 50 }, (_, index) => [7, 7, index]);
    const fuse = build(keys);
    expect(fuse.shape.seed).toBeGreaterThan(0);
    expect(keys.every((key) => holds(fuse, 16, key))).toBe(true);
    expect(build(randomKeys(5000)).shape.seed).toBeLessThan(5);
  });

  it('gives up on what no attempt solves, instead of going on forever', () => {
    expect(() => build([...randomKeys(5), [1, 2, 3], [1, 2, 3]])).toThrow(
      expect.objectContaining({ code: 'ERR_BREACHED_INPUT', facts: { unsolvable: true } }),
    );
    // More in one place than a byte could count.
    expect(() => build(Array.from({ length: 600 }, () => [1, 2, 3]))).toThrow(
      expect.objectContaining({ code: 'ERR_BREACHED_INPUT' }),
    );
  });

  it('keeps every place inside, and the three in three segments', () => {
    const places = new Uint32Array(4);
    const extreme = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 0xffffffff));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4_000_000 }),
        fc.nat(3),
        extreme,
        extreme,
        extreme,
        (count, seed, ...key) => {
          const shape = shapeFor(count, seed);
          locate(shape, key, 0, places);
          const segments = [...places.subarray(0, 3)].map((place) => Math.floor(place / shape.segmentLength));
          expect(segments).toEqual([segments[0], segments[0]! + 1, segments[0]! + 2]);
          expect(places[2]).toBeLessThan(cellsOf(shape));
        },
      ),
    );
  });

  it('takes 18.3 bits a key at a million and less than two more at 100,000', () => {
    expect((cellsOf(shapeFor(2 ** 20, 0)) * 16) / 2 ** 20).toBeLessThan(18.3);
    expect((cellsOf(shapeFor(100_000, 0)) * 16) / 100_000).toBeLessThan(20);
    // 10 million lie in 16 shards of 625,000: with head and table within 23 MB.
    expect(16 * cellsOf(shapeFor(625_000, 0)) * 2).toBeLessThan(23_000_000);
  });
});
