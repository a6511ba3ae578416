import type { Options } from 'express-rate-limit';
import type { CounterOutcome, CounterPlace, CounterRule, CounterSettlement } from '../counters.js';
import type { MemoryCounters } from '../memory-counters.js';
import type { StoreHits } from '../rate-limit-store.js';

/** Counting in this process while the shared counters are away: its share of every limit, never less than one. */
export interface LocalShare {
  reserve(places: readonly CounterPlace[]): CounterOutcome;
  /** @returns false for an outcome that was not reserved here */
  settle(outcome: CounterOutcome, how: readonly CounterSettlement[]): boolean;
  init(options: Options): void;
  increment(key: string): StoreHits;
  decrement(key: string): void;
  resetKey(key: string): void;
  get(key: string): StoreHits | undefined;
}

export function localShare(counters: MemoryCounters, instances: number): LocalShare {
  const shares = new WeakMap<CounterRule, CounterRule>();
  const here = new WeakMap<CounterOutcome, CounterOutcome>();

  function shareOf(rule: CounterRule): CounterRule {
    let share = shares.get(rule);
    if (share === undefined) {
      share = Object.freeze({ ...rule, limit: Math.max(1, Math.floor(rule.limit / instances)) });
      shares.set(rule, share);
    }
    return share;
  }
  // express-rate-limit compares with the whole limit: each place here stands for one in every process.
  const times = ({ totalHits, resetTime }: StoreHits): StoreHits => ({
    totalHits: totalHits * instances,
    resetTime,
  });

  return {
    reserve(places) {
      const outcome = counters.reserve(places.map(({ rule, key }) => ({ rule: shareOf(rule), key })));
      const refusing = outcome.places.findIndex(({ rule }) => rule === outcome.refusedBy);
      const told: CounterOutcome = { ...outcome, places, refusedBy: places[refusing]?.rule };
      here.set(told, outcome);
      return told;
    },
    settle(outcome, how) {
      const own = here.get(outcome);
      if (own === undefined) return false;
      counters.settle(own, how);
      return true;
    },
    init: counters.init,
    increment: (key) => times(counters.increment(key)),
    decrement: counters.decrement,
    resetKey: counters.resetKey,
    get(key) {
      const info = counters.get(key);
      return info === undefined ? undefined : times(info);
    },
  };
}
