import { sealers, values } from '../contenders/sealing.js';
import type { BenchCase } from '../harness/case.js';

export const cases: readonly BenchCase[] = [
  {
    name: 'open',
    question: 'What does opening a field of 64 B cost beside naive AES-GCM?',
    mode: 'together',
    operations: 2_000,
    contenders: sealers((sealing) => {
      const sealed = values.map((value) => sealing.seal(value));
      return (operations) => {
        let length = 0;
        for (let done = 0; done < operations; done += 1) length += sealing.open(sealed[done & 63] as string).length;
        return length;
      };
    }),
  },
];
