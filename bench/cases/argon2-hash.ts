import { hashers } from '../contenders/argon2.js';
import type { BenchCase } from '../harness/case.js';

export const cases: readonly BenchCase[] = [
  {
    name: 'argon2-hash',
    question: 'What does hashing a new password cost?',
    mode: 'process',
    operations: 1,
    contenders: hashers,
  },
];
