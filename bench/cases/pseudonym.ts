import { createHmac } from 'node:crypto';
import { createPseudonyms } from 'safekeep/hashing';
import { newRing } from '../contenders/ring.js';
import type { BenchCase, Contender } from '../harness/case.js';

const addresses = Array.from({ length: 64 }, (_, index) => `customer-${index}@example.com`);
const tokenBytes = 16;

/** A pseudonym says its type and key; both contenders are asked for the part that stands for the value. */
type Tail = (value: string) => string;

function contender(name: string, make: () => Promise<{ tail: Tail; key: Buffer }>): Contender {
  return {
    name,
    async prepare() {
      const { tail, key } = await make();
      const expected = (value: string) =>
        createHmac('sha256', key).update(value).digest().subarray(0, tokenBytes).toString('base64url');
      return {
        // Keys differ from process to process, so each is held against HMAC-SHA-256 under its own.
        sample: () => addresses.map((value) => String(tail(value).endsWith(expected(value)))).join(' '),
        run(operations) {
          let sum = 0;
          for (let done = 0; done < operations; done += 1) sum += tail(addresses[done & 63] as string).length;
          return sum;
        },
      };
    },
  };
}

export const cases: readonly BenchCase[] = [
  {
    name: 'pseudonym',
    question: 'What does a pseudonym cost beside a bare HMAC?',
    mode: 'process',
    operations: 4_000,
    contenders: [
      contender('safekeep (pseudonyms.of)', async () => {
        const keys = await newRing();
        const pseudonyms = createPseudonyms({ keys });
        return { tail: (value) => pseudonyms.of('email', value), key: keys.derive('pseudonyms', 'email').key };
      }),
      contender('createHmac', async () => {
        const { key } = (await newRing()).derive('pseudonyms', 'email');
        return {
          tail: (value) =>
            createHmac('sha256', key).update(value).digest().subarray(0, tokenBytes).toString('base64url'),
          key,
        };
      }),
    ],
  },
];
