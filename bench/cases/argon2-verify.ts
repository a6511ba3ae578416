import { verifiers } from '../contenders/argon2.js';
import type { BenchCase } from '../harness/case.js';

export const cases: readonly BenchCase[] = [
  {
    name: 'argon2-verify',
    question: 'What does checking a password at sign-in cost?',
    mode: 'process',
    operations: 1,
    contenders: verifiers,
  },
];
