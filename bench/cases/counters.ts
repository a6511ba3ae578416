import { keyOf, stores } from '../contenders/stores.js';
import type { BenchCase } from '../harness/case.js';

const known = 4096;

export const cases: readonly BenchCase[] = [
  {
    name: 'counters-insert',
    question: 'What does the first request of a client cost its counter?',
    mode: 'process',
    operations: 20_000,
    contenders: stores((increment) => {
      let next = 0;
      return async (operations) => {
        let sum = 0;
        for (let done = 0; done < operations; done += 1) {
          sum += await increment(keyOf(next));
          next += 1;
        }
        return sum;
      };
    }),
  },
  {
    name: 'counters-hit',
    question: 'What does a further request of one of four thousand clients cost its counter?',
    mode: 'process',
    operations: 20_000,
    // Below its limit of points: rate-limiter-flexible rejects beyond, which is another thing to time.
    contenders: stores((increment) => {
      let next = 0;
      return async (operations) => {
        let sum = 0;
        for (let done = 0; done < operations; done += 1) {
          sum += await increment(keyOf(next % known));
          next += 1;
        }
        return sum;
      };
    }),
  },
];
