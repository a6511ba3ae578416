import { describe, expect, it } from 'vitest';
import { adviseIndex, measureLeakage } from '../../src/fields/index.js';

/** A few towns, most people in the first: how cities, plans and states of orders look. */
const towns = Array.from({ length: 30 }, (_, town) => `Town ${town}`);
const skewed = towns.flatMap((town, rank) => Array.from({ length: Math.ceil(900 / (rank + 1) ** 1.2) }, () => town));
const unique = Array.from({ length: 2000 }, (_, at) => `customer-${at}@example.com`);
/** The same bytes always: a measurement that is asserted must not depend on luck. */
const random = { bytes: (count: number) => Buffer.alloc(count, 7), below: () => 0 };

describe('measureLeakage', () => {
  it('names nearly every row of a skewed column under a whole index', () => {
    const report = measureLeakage({ values: skewed, random });
    expect(report).toMatchObject({ bits: 128, partitions: 1, rows: skewed.length, distinctValues: 30 });
    expect(report.recovered).toBeGreaterThan(0.9);
    expect(report.guessed).toBeCloseTo(900 / skewed.length, 5);
    expect(report.buckets).toMatchObject({ count: 30, largest: 900 });
    expect(report.rowsPerLookUp).toBeCloseTo(skewed.length / 30, 5);
  });

  it('names next to nothing of a column whose values are all different', () => {
    const report = measureLeakage({ values: unique, random });
    expect(report.recovered).toBeLessThan(0.01);
    expect(report.buckets).toEqual({ count: 2000, smallest: 1, median: 1, largest: 1 });
    expect(report.rowsPerLookUp).toBe(1);
  });

  it('names less with fewer bits or more partitions', () => {
    const whole = measureLeakage({ values: skewed, random }).recovered;
    expect(measureLeakage({ values: skewed, bits: 1, random }).recovered).toBeLessThan(whole);
    expect(measureLeakage({ values: skewed, partitions: 64, random }).recovered).toBeLessThan(whole);
  });

  it('takes what the attacker knows from elsewhere, folded as the index folds', () => {
    const auxiliary = new Map(towns.map((town, rank) => [` ${town.toUpperCase()}`, 1000 / (rank + 1)]));
    const known = measureLeakage({ values: skewed, auxiliary, normaliser: 'text/1', random });
    expect(known.recovered).toBeGreaterThan(0.9);
    const nothing = measureLeakage({ values: skewed, auxiliary: new Map([['Elsewhere', 1]]), random });
    expect([nothing.recovered, nothing.guessed]).toEqual([0, 0]);
  });

  it('does not profit from the order in which values of one frequency come', () => {
    const pairs = Array.from({ length: 400 }, (_, at) => `v-${String(at).padStart(3, '0')}`);
    expect(measureLeakage({ values: pairs, random }).recovered).toBeLessThan(0.05);
  });

  it('refuses an empty sample and misspelt options', () => {
    expect(() => measureLeakage({ values: [] })).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
    expect(() => measureLeakage({ values: ['x'], bit: 3 } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_UNKNOWN' }),
    );
  });
});

describe('adviseIndex', () => {
  it('advises the cheapest look-up within the limit', () => {
    const { measured, advised, tried } = adviseIndex({ values: skewed, maxRecovered: 0.5, random });
    expect(measured.recovered).toBeGreaterThan(0.9);
    expect(advised?.recovered).toBeLessThanOrEqual(0.5);
    const within = tried.filter(({ recovered }) => recovered <= 0.5);
    expect(Math.min(...within.map(({ rowsPerLookUp }) => rowsPerLookUp))).toBe(advised?.rowsPerLookUp);
    expect(adviseIndex({ values: unique, random }).advised).toMatchObject({ bits: 128, partitions: 1 });
  });

  it('advises no index where guessing alone names more than the limit', () => {
    const values = [...Array.from({ length: 99 }, () => 'yes'), 'no'];
    expect(adviseIndex({ values, maxRecovered: 0, random }).advised).toBeNull();
  });

  it.each([-0.1, 1.1, Number.NaN, '0.5'])('refuses %j as a limit', (maxRecovered) => {
    expect(() => adviseIndex({ values: ['x'], maxRecovered: maxRecovered as number })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });
});
