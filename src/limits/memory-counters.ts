import type { Options } from 'express-rate-limit';
import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import { integerRule, objectRule, readOptions, withDefault } from '../base/options.js';
import { createKeyedFingerprint } from '../hashing/index.js';
import type { CounterHold, CounterOutcome, CounterPlace, CounterSettlement, Counters } from './counters.js';
import { firstStoreRule, type RateLimitStore, type StoreHits, storeRule } from './rate-limit-store.js';
import { createSlotTable } from './slot-table.js';

export interface MemoryCountersOptions {
  /**
   * Counters held at once, 24 bytes each. 1,024 to 8,388,608, default 131,072 (3 MB). A login takes up to five. Where
   * there is no room the counter with the fewest places goes; a full one never does.
   */
  readonly slots?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** Counters of this process, and a store for express-rate-limit. */
export interface MemoryCounters extends Counters, RateLimitStore {
  init(options: Options): void;
  reserve(places: readonly CounterPlace[]): CounterOutcome;
  settle(outcome: CounterOutcome, how: readonly CounterSettlement[]): void;
  increment(key: string): StoreHits;
  decrement(key: string): void;
  resetKey(key: string): void;
  get(key: string): StoreHits | undefined;
  /** Forgets everything. */
  resetAll(): void;
  /** Memory it holds from the first moment on, in bytes. */
  readonly bytes: number;
}

const shape = {
  slots: withDefault(integerRule({ min: 1024, max: 8_388_608 }), 131_072),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};
/** Counters that new keys share when all slots they could have are full: one per network of `shelterOf`. */
const shelters = 4096;

/**
 * Counters in this process, in memory that is taken once and never grows. No key is kept, only its fingerprint under a
 * secret of this process (XXH3-64, so that nobody aims keys at one slot). Flooding it with new keys frees no full
 * counter: unlocking an account that way, as a table that forgets its oldest entry allows, does not work. When every
 * slot that a key could have is full, it counts together with all new keys of its network (IPv6 /48, IPv4 address).
 *
 * They forget on restart and know nothing of other processes: `redisCounters` does. Two keys that meet in one counter
 * are possible, some 4 in a thousand million; the second then waits for the first.
 * @throws SafekeepError ERR_OPTION_*; ERR_NATIVE_MODULE when `@node-rs/xxhash` does not load
 * @example
 * import { loginLimit, memoryCounters } from 'safekeep/limits';
 * const counters = memoryCounters({ slots: 1_000_000 });
 * app.post('/login', loginLimit({ account: (req) => req.body.email, counters }), handler);
 */
export function memoryCounters(options: MemoryCountersOptions = {}): MemoryCounters {
  const { slots, clock, random } = readOptions('memoryCounters', shape, options);
  const table = createSlotTable(slots, shelters, createKeyedFingerprint(undefined, random));
  let rule = firstStoreRule;

  function reserve(places: readonly CounterPlace[]): CounterOutcome {
    const nowMs = clock.nowMs();
    const taken: number[] = [];
    let hidden = false;
    let longestMs = 0;
    const shelter = places[0]?.key[0] ?? '';
    for (const place of places) {
      const slot = table.claim(textOf(place), `${place.rule.name} ${shelter}`, place.rule, nowMs, taken);
      const waitMs = table.waitOf(slot, place.rule, nowMs);
      taken.push(slot);
      if (waitMs === 0) continue;
      if (place.rule.over === 'refuse') {
        const holds = taken.map((known) => table.read(known));
        return { places, holds, refusedBy: place.rule, hidden: false, waitMs };
      }
      hidden = true;
      longestMs = Math.max(longestMs, waitMs);
      taken[taken.length - 1] = -1;
    }
    const holds: (CounterHold | undefined)[] = [];
    for (let at = 0; at < taken.length; at += 1) {
      const slot = taken[at] as number;
      if (slot >= 0) table.take(slot, (places[at] as CounterPlace).rule, nowMs);
      holds.push(slot < 0 ? undefined : table.read(slot));
    }
    return { places, holds, refusedBy: undefined, hidden, waitMs: longestMs };
  }

  function settle({ places, holds, refusedBy }: CounterOutcome, how: readonly CounterSettlement[]): void {
    if (refusedBy !== undefined) return;
    const nowMs = clock.nowMs();
    for (const [at, place] of places.entries()) {
      const hold = holds[at];
      if (hold === undefined) continue;
      if (how[at] === 'return') table.giveBack(hold, place.rule, nowMs);
      if (how[at] === 'clear') table.clear(hold, place.rule, nowMs);
    }
  }

  const infoOf = (slot: number): StoreHits => {
    const { count, resetAtMs } = table.read(slot);
    return { totalHits: count, resetTime: new Date(resetAtMs) };
  };

  return Object.freeze({
    shared: false,
    reserve,
    settle,
    bytes: table.bytes,
    localKeys: true,
    prefix: '',
    init(given: Options) {
      rule = storeRule(given);
    },
    increment(key: string) {
      const nowMs = clock.nowMs();
      const slot = table.claim(ownText(key), 'store', rule, nowMs, none);
      table.take(slot, rule, nowMs);
      return infoOf(slot);
    },
    decrement(key: string) {
      const nowMs = clock.nowMs();
      const slot = table.find(ownText(key), nowMs);
      if (slot >= 0) table.giveBack(table.read(slot), rule, nowMs);
    },
    resetKey(key: string) {
      const nowMs = clock.nowMs();
      const slot = table.find(ownText(key), nowMs);
      if (slot >= 0) table.clear(table.read(slot), rule, nowMs);
    },
    get(key: string) {
      const slot = table.find(ownText(key), clock.nowMs());
      return slot < 0 ? undefined : infoOf(slot);
    },
    resetAll: table.clearAll,
  });
}

const none: readonly number[] = Object.freeze([]);

/** No key that a stranger chose in an express-rate-limit store spells a counter of sign-ins. */
const ownText = (key: string): string => `\n${key}`;

/** Each part says its length, so that two lists of parts are never one text. */
function textOf({ rule, key }: CounterPlace): string {
  let text = rule.name;
  for (const part of key) text += ` ${part.length}:${part}`;
  return text;
}
