import { inMemory, onDistantRedis, onRedis } from '../contenders/guards.js';
import type { BenchCase } from '../harness/case.js';

export const cases: readonly BenchCase[] = [
  {
    name: 'login-guard',
    question: 'What does the whole guard of a sign-in cost, with all its counters, headers and the success?',
    mode: 'process',
    operations: 2_000,
    contenders: inMemory,
  },
  {
    name: 'login-redis',
    question: 'What does counting a sign-in on Redis cost, fifty at a time?',
    mode: 'process',
    operations: 1_000,
    contenders: onRedis,
  },
  {
    name: 'login-redis-distant',
    question: 'How long does a sign-in wait for its counters on a Redis that is a millisecond away?',
    mode: 'process',
    operations: 100,
    contenders: onDistantRedis,
  },
];
