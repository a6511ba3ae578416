import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import { integerRule, optional, readOptions, required, withDefault } from '../base/options.js';

export interface PlanIndexOptions {
  /** Rows that the table will have one day. From 2 to 2^53. */
  readonly population: number;
  /**
   * How many rows a look-up may bring back on average, of whatever value: what you tolerate opening to find one. From
   * 2, since with fewer the index alone tells rows apart; default 4.
   */
  readonly coincidences?: number | undefined;
  /** Different values that the column can have, if they are few: 366 for a birthday. Default: as many as rows. */
  readonly distinctValues?: number | undefined;
  /** Bits of the other indexes of the same row, each no more than the bits of its column's values. Default 0. */
  readonly otherBits?: number | undefined;
}

export interface IndexPlan {
  /** For the index's `bits`. 0: there is no safe index besides the others. */
  readonly bits: number;
  /** Rows that a look-up brings back on average at that many bits. */
  readonly coincidences: number;
  /** Fewest and most bits that leave at least 2 and fewer than √population rows indistinguishable. */
  readonly fewestBits: number;
  readonly mostBits: number;
  /** False: a value of the column shows by its frequency however few bits are kept; use partitions, or no index. */
  readonly hidesFrequency: boolean;
}

const most = Number.MAX_SAFE_INTEGER;
const shape = {
  population: required(integerRule({ min: 2, max: most })),
  coincidences: withDefault(integerRule({ min: 2, max: most }), 4),
  distinctValues: optional(integerRule({ min: 1, max: most })),
  otherBits: withDefault(integerRule({ min: 0, max: 4096 }), 0),
};

/**
 * How many bits of a blind index to keep, so that a look-up is still quick and the index alone does not tell values
 * apart. Pure arithmetic: it knows nothing of your data, for which there is `safekeep keys leakage`.
 *
 * A row that is found by L bits over values that carry K bits is found together with C = R / 2^min(L, K) rows, and
 * several indexes of a row add up their bits: C = R / 2^Σ min(L, K). The planner takes the fewest bits that keep C
 * within what you tolerate, yet never so many that C falls below 2, and calls safe what keeps 2 ≤ C < √R. After
 * CipherSweet, "Blind index planning", whose most bits are up to one more, because it rounds the other way.
 *
 * The formula takes values as equally frequent. It does NOT protect a column of few or skewed values: there a bucket
 * shows by its size, whatever its length.
 * @throws SafekeepError ERR_OPTION_INVALID, also for more coincidences than rows
 * @example
 * planIndex({ population: 1_000_000, coincidences: 8 }).bits; // 17: between 7 and 8 rows for each look-up
 */
export function planIndex(options: PlanIndexOptions): IndexPlan {
  const { population, coincidences, distinctValues, otherBits } = readOptions('planIndex', shape, options);
  if (coincidences > population) {
    throw new SafekeepError('ERR_OPTION_INVALID', { of: nameOf('planIndex'), option: nameOf('coincidences') });
  }
  const valueBits = Math.log2(distinctValues ?? population);
  const left = (bits: number): number => Math.max(0, Math.min(128, bits - otherBits));
  const mostBits = left(Math.floor(Math.log2(population / 2)));
  const bits = Math.min(mostBits, left(Math.ceil(Math.log2(population / coincidences))));
  // C < √R: strictly more than half of the bits of R.
  const fewestBits = left(Math.floor(Math.log2(population) / 2) + 1);
  return Object.freeze({
    bits,
    coincidences: population / 2 ** (otherBits + Math.min(bits, valueBits)),
    fewestBits: Math.min(fewestBits, mostBits),
    mostBits,
    hidesFrequency: valueBits >= bits + 1,
  });
}
