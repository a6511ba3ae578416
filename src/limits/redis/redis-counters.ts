import type { Options } from 'express-rate-limit';
import { type Clock, type Random, systemClock, systemRandom } from '../../base/clock.js';
import { SafekeepError } from '../../base/errors.js';
import { createMeter } from '../../base/meter.js';
import { nameOf } from '../../base/names.js';
import {
  functionRule,
  integerRule,
  objectRule,
  oneOfRule,
  optional,
  readOptions,
  reasonRule,
  required,
  textRule,
  withDefault,
} from '../../base/options.js';
import type { DerivedKeys } from '../../base/ports/derived-keys.js';
import { type RedisClient, redisLink } from '../../redis/index.js';
import type { CounterOutcome, CounterPlace, CounterSettlement, Counters, WhenDown } from '../counters.js';
import { memoryCounters } from '../memory-counters.js';
import { firstStoreRule, type RateLimitStore, type StoreHits, storeRule } from '../rate-limit-store.js';
import { localShare } from './local-share.js';
import { redisNames } from './redis-names.js';
import { decrementScript, readScript, removeScript } from './redis-scripts.js';
import { sharedPlaces } from './shared-places.js';

export interface RedisCountersOptions {
  /** The key ring, its purpose `limits`: names of counters are pseudonyms under it. All processes need the same. */
  readonly keys: DerivedKeys;
  /** How many processes share the counters, 1 to 10,000: while Redis is down each grants its share of every limit. */
  readonly instances: number;
  /** Begins the name of every key. Letters, digits, `_`, `-`, `.` and `:`, up to 40; default `safekeep`. */
  readonly prefix?: string | undefined;
  /** How long an answer of Redis may take, in milliseconds. 5 to 1,000, default 50. */
  readonly timeoutMs?: number | undefined;
  /** For how long nobody asks after five failures in a row, in milliseconds. 100 to 60,000, default 1,000. */
  readonly pauseMs?: number | undefined;
  /** As a store of express-rate-limit, when Redis does not answer: count here, or throw. Default `local`. */
  readonly whenDown?: WhenDown | undefined;
  /** Told when Redis stops answering, and when it answers again. What it throws is dropped. */
  readonly onChange?: ((isUp: boolean) => void) | undefined;
  /** Plaintext to a Redis beyond this machine, with the reason. */
  readonly dangerouslyAllowPlaintextRedis?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** Counters that processes share, and a store for express-rate-limit. */
export interface RedisCounters extends Counters, RateLimitStore {
  init(options: Options): void;
  reserve(places: readonly CounterPlace[], whenDown?: WhenDown): Promise<CounterOutcome>;
  settle(outcome: CounterOutcome, how: readonly CounterSettlement[]): Promise<void>;
  increment(key: string): Promise<StoreHits>;
  decrement(key: string): Promise<void>;
  resetKey(key: string): Promise<void>;
  get(key: string): Promise<StoreHits | undefined>;
  /** Whether Redis answered when it was last asked. */
  isUp(): boolean;
}

const shape = {
  keys: required(objectRule<DerivedKeys>('derive')),
  instances: required(integerRule({ min: 1, max: 10_000 })),
  prefix: withDefault(textRule({ maxLength: 40 }), 'safekeep'),
  timeoutMs: withDefault(integerRule({ min: 5, max: 1000 }), 50),
  pauseMs: withDefault(integerRule({ min: 100, max: 60_000 }), 1000),
  whenDown: withDefault(oneOfRule('local', 'refuse'), 'local'),
  onChange: optional(functionRule<(isUp: boolean) => void>()),
  dangerouslyAllowPlaintextRedis: optional(reasonRule()),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

/**
 * Counters on a Redis or Valkey that several processes share, single or cluster, through a client of yours (`ioredis` or
 * `redis`). All counters of an attempt are taken in one script; on a cluster in one per slot, in a fixed order, and
 * given back when a later one refuses. The names of counters are HMAC pseudonyms: who reads the server reads no login
 * and no address. The server's clock counts.
 *
 * When it does not answer within `timeoutMs`, each process counts for itself with its share of every limit (or refuses
 * with 503, by the limiter's `whenDown`), asks again after a pause, and says so by `onChange` and the metric
 * `safekeep.counters.unavailable`. An outage is never told as 429, and never lets everybody through. What it took in
 * Redis before stays taken. The client stays yours; give it an `error` listener, as both libraries ask.
 *
 * It does NOT protect counters from whoever may write to that Redis. ASVS 5.0 6.3.1, 12.3.1 (TLS inside too).
 * @throws SafekeepError ERR_COUNTERS_PLAINTEXT for a client beyond this machine without verified TLS; ERR_OPTION_*;
 *   from `reserve`, `increment` and the others of a store: ERR_COUNTERS_UNAVAILABLE (503) where `whenDown` is `refuse`
 * @example
 * import { Redis } from 'ioredis';
 * import { loginLimit, redisCounters } from 'safekeep/limits';
 * const counters = redisCounters(new Redis('rediss://counters.example'), { keys, instances: 4 });
 * app.post('/login', loginLimit({ account: (req) => req.body.email, counters, keys }), handler);
 */
export function redisCounters(client: RedisClient, options: RedisCountersOptions): RedisCounters {
  const settings = readOptions('redisCounters', shape, options);
  const { keys, instances, prefix, timeoutMs, pauseMs, onChange, clock, random } = settings;
  const mayBePlain = settings.dangerouslyAllowPlaintextRedis !== undefined;
  const refusal = mayBePlain ? undefined : 'ERR_COUNTERS_PLAINTEXT';
  const link = redisLink(client, { refusal, timeoutMs, pauseMs, onChange, clock });
  const { scripts, ask } = link;
  const names = redisNames(prefix, keys);
  const places = sharedPlaces(scripts, names, clock.nowMs);
  const local = localShare(memoryCounters({ slots: 65_536, clock, random }), instances);
  const missed = createMeter().counter({
    name: 'safekeep.counters.unavailable',
    unit: '{call}',
    description: 'Calls that shared counters did not answer.',
  });
  let rule = firstStoreRule;

  async function askOr<T>(work: () => Promise<T>, whenDown: WhenDown, here: () => T): Promise<T> {
    const answer = await ask(work);
    if (answer !== undefined) return answer.value;
    missed.add(1, { mode: nameOf(whenDown) });
    if (whenDown === 'refuse') throw new SafekeepError('ERR_COUNTERS_UNAVAILABLE');
    return here();
  }

  const placeOf = (key: string): CounterPlace => ({ rule, key: [key] });
  const nameOfKey = (key: string): string[] => [...names.of([placeOf(key)])];

  async function tell(script: typeof removeScript, key: string, here: () => void): Promise<void> {
    const done = async (): Promise<void> => {
      await scripts.run(script, nameOfKey(key), []);
    };
    await askOr(done, settings.whenDown, here);
  }

  return Object.freeze({
    shared: true,
    prefix,
    localKeys: false,
    isUp: link.isUp,
    reserve(wanted: readonly CounterPlace[], whenDown: WhenDown = settings.whenDown) {
      return askOr(
        () => places.reserve(wanted),
        whenDown,
        () => local.reserve(wanted),
      );
    },
    async settle(outcome: CounterOutcome, how: readonly CounterSettlement[]) {
      if (local.settle(outcome, how)) return;
      const done = await ask(() => places.settle(outcome, how)).catch(() => undefined);
      // What could not be returned stays taken until its window ends.
      if (done === undefined) missed.add(1, { mode: nameOf('settle') });
    },
    init(given: Options) {
      rule = storeRule(given);
      local.init(given);
    },
    async increment(key: string) {
      const take = async (): Promise<StoreHits> => {
        const { holds } = await places.reserve([placeOf(key)]);
        return { totalHits: holds[0]?.count ?? 0, resetTime: new Date(holds[0]?.resetAtMs ?? 0) };
      };
      return askOr(take, settings.whenDown, () => local.increment(key));
    },
    decrement: (key: string) => tell(decrementScript, key, () => local.decrement(key)),
    resetKey: (key: string) => tell(removeScript, key, () => local.resetKey(key)),
    async get(key: string) {
      const read = async (): Promise<StoreHits | undefined> => {
        const [count, left] = (await scripts.run(readScript, nameOfKey(key), [])) as readonly [unknown, unknown];
        if (Number(count) === 0 && Number(left) === 0) return undefined;
        return { totalHits: Number(count), resetTime: new Date(clock.nowMs() + Number(left)) };
      };
      return askOr(read, settings.whenDown, () => local.get(key));
    },
  });
}
