import { createHmac } from 'node:crypto';
import { type AnyFields, createFields } from 'safekeep/fields';
import { definePolicy, type Policy } from 'safekeep/policy';
import { newRing } from '../contenders/ring.js';
import type { BenchCase, Prepared } from '../harness/case.js';

const addresses = Array.from({ length: 64 }, (_, index) => `customer-${index}@example.com`);

/** Equal values give equal indexes and different ones do not: all that contenders with keys of their own can agree on. */
function prepared(of: (value: string) => string): Prepared {
  return {
    sample: () => addresses.map((value) => addresses.filter((other) => of(other) === of(value)).join()).join('\n'),
    run(operations) {
      let sum = 0;
      for (let done = 0; done < operations; done += 1) sum += of(addresses[done & 63] as string).length;
      return sum;
    },
  };
}

export const cases: readonly BenchCase[] = [
  {
    name: 'blind-index',
    question: 'What does a blind index cost beside a bare HMAC, cut to the same 128 bits?',
    mode: 'process',
    operations: 4_000,
    contenders: [
      {
        name: 'safekeep (fields.blindIndex)',
        async prepare() {
          const columns = { email: { is: 'email', for: ['account'], index: 'email' } } as const;
          const policy = definePolicy({
            application: 'bench',
            purposes: { account: 'contract' },
            tables: { customers: { row: 'id', columns } },
          });
          const fields: AnyFields = createFields({
            application: 'bench',
            keys: await newRing(),
            policy: policy as Policy,
          });
          return prepared((value) => fields.blindIndex('customers', 'email', value));
        },
      },
      {
        name: 'createHmac',
        async prepare() {
          const { key } = (await newRing()).derive('index', 'bench');
          return prepared((value) =>
            createHmac('sha256', key).update(value).digest().subarray(0, 16).toString('base64url'),
          );
        },
      },
    ],
  },
];
