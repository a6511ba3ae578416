import { type Random, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import {
  anyRule,
  integerRule,
  listRule,
  objectRule,
  oneOfRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { IndexRule, Normaliser } from '../policy/rules.js';
import { createBlindIndexer, type IndexKeys } from './blind-index.js';
import { normalisers } from './normalise.js';

export interface LeakageOptions {
  /** A sample of the real column, one value for each row. Never printed, and nothing of it comes back. */
  readonly values: readonly string[];
  /**
   * What an attacker knows: how often each value occurs, in any unit. Default: the sample's own counts, which is more
   * than any attacker has and the safe thing to plan for.
   */
  readonly auxiliary?: ReadonlyMap<string, number> | undefined;
  /** Default `exact/1`. */
  readonly normaliser?: Normaliser | undefined;
  /** 1 to 128, default 128. */
  readonly bits?: number | undefined;
  /** 1 to 255, default 1. */
  readonly partitions?: number | undefined;
  readonly random?: Random | undefined;
}

/** What an index gives away to someone who reads the table and has no key. Shares are from 0 to 1. */
export interface LeakageReport {
  readonly bits: number;
  readonly partitions: number;
  readonly rows: number;
  readonly distinctValues: number;
  /** Rows whose value the attack names. */
  readonly recovered: number;
  /** Rows whose value is named without any index, by guessing the most frequent one for all. */
  readonly guessed: number;
  /** Different index values, and how many rows share one. */
  readonly buckets: {
    readonly count: number;
    readonly smallest: number;
    readonly median: number;
    readonly largest: number;
  };
  /** Rows that a look-up brings back on average, over the different values; what is not wanted is opened in vain. */
  readonly rowsPerLookUp: number;
}

export interface IndexAdvice {
  readonly measured: LeakageReport;
  /** The cheapest look-up that stays within `maxRecovered`; null: none does, the column should have no index. */
  readonly advised: LeakageReport | null;
  /** Everything that was tried, from the most bits down. */
  readonly tried: readonly LeakageReport[];
}

const shape = {
  values: required(listRule(textRule({ minLength: 0, maxLength: 100_000 }))),
  auxiliary: optional(objectRule<ReadonlyMap<string, number>>('entries', 'get')),
  normaliser: withDefault(oneOfRule(...(Object.keys(normalisers) as Normaliser[])), 'exact/1' as Normaliser),
  bits: withDefault(integerRule({ min: 1, max: 128 }), 128),
  partitions: withDefault(integerRule({ min: 1, max: 255 }), 1),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};
const adviceShape = { ...shape, maxRecovered: withDefault(anyRule<number>(), 0.05) };
const partitionsTried = [1, 2, 4, 8, 16, 32, 64] as const;

type Read = {
  readonly values: readonly string[];
  readonly auxiliary: ReadonlyMap<string, number> | undefined;
  readonly normaliser: Normaliser;
  readonly random: Random;
};

/**
 * Attacks the index that these settings would make of a sample: under a fresh key it computes every index value, sorts
 * them by how many rows share one, and names the value of the same rank in the attacker's distribution (frequency
 * analysis; Naveed, Kamara, Wright, "Inference attacks on property-preserving encrypted databases", CCS 2015). The
 * attacker knows bits, partitions and normaliser, and has every value's frequency.
 *
 * It does NOT measure what else a table gives away: which rows belong together, columns beside the index, or queries
 * that somebody watches.
 * @throws SafekeepError ERR_OPTION_INVALID, also for an empty sample
 * @example
 * measureLeakage({ values: ['Leeds', 'Leeds', 'York'], normaliser: 'text/1' }).recovered; // 1: few and skewed
 */
export function measureLeakage(options: LeakageOptions): LeakageReport {
  const read = readOptions('measureLeakage', shape, options);
  const sample = fold(read);
  return attack(sample, indexed(sample, read.partitions, read.random), read.bits, read.partitions);
}

/**
 * As `measureLeakage`, and tries other bits and partitions: the cheapest look-up that leaves the attack no more than
 * `maxRecovered` (0 to 1, default 0.05) of the rows. The advice holds for a table of the sample's size; of a larger
 * one take more bits by log2 of how much larger it is.
 * @throws SafekeepError ERR_OPTION_INVALID
 */
export function adviseIndex(options: LeakageOptions & { readonly maxRecovered?: number | undefined }): IndexAdvice {
  const read = readOptions('adviseIndex', adviceShape, options);
  const { maxRecovered } = read;
  if (!(typeof maxRecovered === 'number' && maxRecovered >= 0 && maxRecovered <= 1)) {
    const expected = say`a share from 0 to 1`;
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('adviseIndex'),
      option: nameOf('maxRecovered'),
      expected,
    });
  }
  const sample = fold(read);
  const most = Math.max(1, Math.ceil(Math.log2(sample.values.length)));
  const tried: LeakageReport[] = [];
  let measured: LeakageReport | undefined;
  for (const partitions of new Set([read.partitions, ...partitionsTried])) {
    const index = indexed(sample, partitions, read.random);
    if (partitions === read.partitions) measured = attack(sample, index, read.bits, partitions);
    tried.push(attack(sample, index, 128, partitions));
    for (let bits = most; bits >= 1; bits -= 1) tried.push(attack(sample, index, bits, partitions));
  }
  tried.sort((a, b) => b.bits - a.bits || a.partitions - b.partitions);
  const [advised] = tried
    .filter(({ recovered }) => recovered <= maxRecovered)
    .sort((a, b) => a.rowsPerLookUp - b.rowsPerLookUp || a.partitions - b.partitions || b.bits - a.bits);
  return Object.freeze({ measured: measured as LeakageReport, advised: advised ?? null, tried });
}

interface Sample {
  readonly values: readonly string[];
  /** Values by how often the attacker expects them, most frequent first. */
  readonly expected: readonly string[];
}

function fold({ values, auxiliary, normaliser }: Read): Sample {
  if (values.length === 0) {
    const expected = say`at least one value`;
    throw new SafekeepError('ERR_OPTION_INVALID', { of: nameOf('measureLeakage'), option: nameOf('values'), expected });
  }
  const folded = values.map(normalisers[normaliser]);
  const known = new Map<string, number>();
  for (const [value, times] of auxiliary ?? counts(folded)) {
    const name = normalisers[normaliser](value);
    known.set(name, (known.get(name) ?? 0) + times);
  }
  const expected = [...known].sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1));
  return { values: folded, expected: expected.map(([value]) => value) };
}

/** The index of each row, as the real code computes it, under a key that nobody keeps. */
function indexed({ values }: Sample, partitions: number, random: Random): readonly Buffer[] {
  const key = Buffer.from(random.bytes(32));
  const active = { id: 1, purpose: 'index', state: 'active', created: '', derive: () => Buffer.from(key) } as const;
  const keys: IndexKeys = {
    active: () => active,
    derive: () => ({ keyId: 1, key }),
    find: () => undefined,
    list: () => [],
    onClose: () => undefined,
  };
  const indexer = createBlindIndexer('leakage', keys);
  const current = { normalisers: ['exact/1'], bits: 128, partitions } as const;
  const rule: IndexRule = {
    name: 'sample',
    column: 'sample_index',
    of: ['sample'],
    unique: false,
    current,
    previous: [],
  };
  const made = values.map((value, row) => Buffer.from(indexer.store('sample', rule, [value], [row]), 'base64url'));
  key.fill(0);
  return made;
}

function attack(sample: Sample, index: readonly Buffer[], bits: number, partitions: number): LeakageReport {
  const { values, expected } = sample;
  const buckets = index.map((mac) => cut(mac, bits));
  const sizes = counts(buckets);
  // Ties fall by the index value, which is random: nothing of the sample's own order helps the attacker.
  const ranked = [...sizes].sort(([a, rowsA], [b, rowsB]) => rowsB - rowsA || (a < b ? -1 : 1));
  // Each value is expected once for each partition, with its share of the rows.
  const named = new Map(ranked.map(([bucket], rank) => [bucket, expected[Math.floor(rank / partitions)]]));
  const right = values.filter((value, row) => named.get(buckets[row] ?? '') === value).length;
  const [first] = expected;
  const ascending = ranked.map(([, rows]) => rows).reverse();
  const bucketsOf = new Map<string, Set<string>>();
  values.forEach((value, row) => {
    const own = bucketsOf.get(value) ?? new Set();
    bucketsOf.set(value, own.add(buckets[row] ?? ''));
  });
  const brought = [...bucketsOf.values()].map((own) =>
    [...own].reduce((sum, bucket) => sum + (sizes.get(bucket) ?? 0), 0),
  );
  return Object.freeze({
    bits,
    partitions,
    rows: values.length,
    distinctValues: bucketsOf.size,
    recovered: right / values.length,
    guessed: values.filter((value) => value === first).length / values.length,
    buckets: {
      count: ranked.length,
      smallest: ascending[0] ?? 0,
      median: ascending[Math.floor(ascending.length / 2)] ?? 0,
      largest: ascending.at(-1) ?? 0,
    },
    rowsPerLookUp: brought.reduce((sum, rows) => sum + rows, 0) / brought.length,
  });
}

/** The first bits of a value as text; fewer bits of one key are the beginning of more. */
function cut(mac: Buffer, bits: number): string {
  if (bits > 48) return mac.toString('latin1', 0, Math.ceil(bits / 8));
  return String(Math.floor(mac.readUIntBE(0, 6) / 2 ** (48 - bits)));
}

function counts(items: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const item of items) found.set(item, (found.get(item) ?? 0) + 1);
  return found;
}
