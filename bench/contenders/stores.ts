import { MemoryStore, type Options } from 'express-rate-limit';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { memoryCounters } from 'safekeep/limits';
import type { Contender, Prepared } from '../harness/case.js';

/** Counts one place of a key and says how many that makes. */
type Increment = (key: string) => Promise<number> | number;

const windowMs = 900_000;
const limit = 30;

const makers: readonly { readonly name: string; make(): Increment }[] = [
  {
    name: 'safekeep (memoryCounters)',
    make() {
      const store = memoryCounters({ slots: 1_600_000 });
      store.init({ windowMs, limit } as Options);
      return (key) => store.increment(key).totalHits;
    },
  },
  {
    name: 'express-rate-limit (MemoryStore)',
    make() {
      const store = new MemoryStore();
      store.init({ windowMs, limit } as Options);
      return async (key) => (await store.increment(key)).totalHits;
    },
  },
  {
    name: 'rate-limiter-flexible (RateLimiterMemory)',
    make() {
      const limiter = new RateLimiterMemory({ points: 1000, duration: windowMs / 1000 });
      return async (key) => (await limiter.consume(key)).consumedPoints;
    },
  },
  {
    name: 'a bare Map',
    make() {
      const counters = new Map<string, { count: number; endsMs: number }>();
      return (key) => {
        const nowMs = Date.now();
        let counter = counters.get(key);
        if (counter === undefined || counter.endsMs <= nowMs) {
          counter = { count: 0, endsMs: nowMs + windowMs };
          counters.set(key, counter);
        }
        counter.count += 1;
        return counter.count;
      };
    },
  },
];

export const keyOf = (number: number): string =>
  `203.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}/32`;

/** Each is awaited, as express-rate-limit does it. */
export function stores(run: (increment: Increment) => Prepared['run']): Contender[] {
  return makers.map(({ name, make }) => ({
    name,
    async prepare() {
      const increment = make();
      return {
        async sample() {
          const counted: number[] = [];
          for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) counted.push(await increment(key));
          return counted.join(' ');
        },
        run: run(increment),
      };
    },
  }));
}
