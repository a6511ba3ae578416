import { sealers, values } from '../contenders/sealing.js';
import type { BenchCase } from '../harness/case.js';

export const cases: readonly BenchCase[] = [
  {
    name: 'seal',
    question: 'What does sealing a field of 64 B cost beside naive AES-GCM?',
    mode: 'together',
    operations: 2_000,
    contenders: sealers((sealing) => (operations) => {
      let length = 0;
      for (let done = 0; done < operations; done += 1) length += sealing.seal(values[done & 63] as string).length;
      return length;
    }),
  },
];
