import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { integerRule, readOptions, withDefault } from '../base/options.js';

/** What one argon2id hash costs. */
export interface Cost {
  /** Memory of one hash in KiB (`m`). 7168 to 1048576; default 19456. */
  readonly memoryKiB: number;
  /** Passes over that memory (`t`). 1 to 16; default 2. */
  readonly passes: number;
  /** Lanes that can run at once (`p`). 1 to 8; default 1: more lanes make one hash start more threads, no safer. */
  readonly lanes: number;
}

/** A cost with any part left to its default. */
export type CostOptions = { readonly [K in keyof Cost]?: Cost[K] | undefined };

/** What a stored string may ask for at all; beyond it nothing is computed. */
export const bounds = {
  memoryKiB: { min: 8, max: 1_048_576 },
  passes: { min: 1, max: 16 },
  lanes: { min: 1, max: 8 },
  saltBytes: { min: 8, max: 64 },
  tagBytes: { min: 16, max: 64 },
  textLength: 512,
} as const;

/** OWASP Password Storage Cheat Sheet and ASVS 5.0 appendix C: pairs of equal defence, each the least of its kind. */
export const leastCosts: readonly Cost[] = Object.freeze([
  { memoryKiB: 47104, passes: 1, lanes: 1 },
  { memoryKiB: 19456, passes: 2, lanes: 1 },
  { memoryKiB: 12288, passes: 3, lanes: 1 },
  { memoryKiB: 9216, passes: 4, lanes: 1 },
  { memoryKiB: 7168, passes: 5, lanes: 1 },
]);

/** Whether a cost is at least one of those pairs. Lanes do not count: they make no guess dearer. */
export function isAtLeastFloor(cost: Cost): boolean {
  return leastCosts.some(({ memoryKiB, passes }) => cost.memoryKiB >= memoryKiB && cost.passes >= passes);
}

const costShape = {
  memoryKiB: withDefault(integerRule(bounds.memoryKiB), 19456),
  passes: withDefault(integerRule(bounds.passes), 2),
  lanes: withDefault(integerRule(bounds.lanes), 1),
};

/**
 * The cost that new hashes get.
 * @throws SafekeepError ERR_PASSWORD_COST below every pair of the floor; ERR_OPTION_* for what is no cost at all
 */
export function readCost(cost: CostOptions): Cost {
  const read = readOptions('createPasswords.cost', costShape, cost);
  if (isAtLeastFloor(read)) return read;
  throw new SafekeepError('ERR_PASSWORD_COST', {
    of: nameOf('createPasswords'),
    memoryKiB: read.memoryKiB,
    passes: read.passes,
    least: leastCosts.map(({ memoryKiB, passes }) => say`memoryKiB ${memoryKiB} with passes ${passes}`),
  });
}
