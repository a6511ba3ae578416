import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planIndex } from '../../src/fields/index.js';

describe('planIndex', () => {
  it('keeps the rows of a look-up within what is tolerated, with the fewest bits that do', () => {
    expect(planIndex({ population: 1_000_000, coincidences: 8 })).toEqual({
      bits: 17,
      coincidences: 1_000_000 / 2 ** 17,
      fewestBits: 10,
      mostBits: 18,
      hidesFrequency: true,
    });
  });

  it('gives the range that CipherSweet documents for 50,000 rows, its upper end rounded down', () => {
    // Documented: 8 to 15 alone, 4 to 11 beside an index of 4 bits. 2^15 leaves 1.5 rows and not the 2 it asks for.
    expect(planIndex({ population: 50_000 })).toMatchObject({ fewestBits: 8, mostBits: 14 });
    expect(planIndex({ population: 50_000, otherBits: 4 })).toMatchObject({ fewestBits: 4, mostBits: 10 });
  });

  it('says when a column of few values shows however short its index is', () => {
    expect(planIndex({ population: 50_000, distinctValues: 7 })).toMatchObject({
      hidesFrequency: false,
      coincidences: expect.closeTo(50_000 / 7, 6),
    });
  });

  it('leaves no bit for a further index when the others have spent them', () => {
    expect(planIndex({ population: 1000, otherBits: 9 })).toMatchObject({ bits: 0, fewestBits: 0, mostBits: 0 });
  });

  it('never leaves fewer than two rows that look alike, nor more than asked where that is possible', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 2 ** 40 }),
        fc.integer({ min: 2, max: 1000 }),
        fc.integer({ min: 0, max: 20 }),
        (population, most, otherBits) => {
          const coincidences = Math.min(most, population);
          const { bits, mostBits } = planIndex({ population, coincidences, otherBits });
          expect(bits).toBeLessThanOrEqual(mostBits);
          if (bits > 0) expect(population / 2 ** (bits + otherBits)).toBeGreaterThanOrEqual(2);
          if (bits < mostBits) expect(population / 2 ** (bits + otherBits)).toBeLessThanOrEqual(coincidences);
        },
      ),
    );
  });

  it.each([
    [{ population: 1 }],
    [{ population: 10.5 }],
    [{ population: 100, coincidences: 1 }],
    [{ population: 100, coincidences: 101 }],
    [{ population: 100, distinctValues: 0 }],
  ])('refuses %j', (options) => {
    expect(() => planIndex(options)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });
});
