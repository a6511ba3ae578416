import { singles, storms } from '../contenders/sign-ins.js';
import type { BenchCase } from '../harness/case.js';

export const cases: readonly BenchCase[] = [
  {
    name: 'sign-ins-at-once',
    question: 'Does the gate cost throughput when eight sign in at once?',
    mode: 'process',
    operations: 8,
    contenders: storms,
  },
  {
    name: 'sign-in-overhead',
    question: 'What does a verify add to the bare hash?',
    mode: 'process',
    operations: 2,
    contenders: singles,
  },
];
