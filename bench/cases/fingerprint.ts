import { createHash, hash } from 'node:crypto';
import { fingerprint } from 'safekeep/hashing';
import type { BenchCase, Contender, Prepared } from '../harness/case.js';
import { peer } from '../harness/peers.js';

type Fingerprint = (input: Buffer) => string;

/** Public bytes of a page: what is fingerprinted for an ETag. Not zeros, and the same in every process. */
function page(bytes: number): Buffer {
  return Buffer.from('<article class="product">Larkspur Lane, aisle 17</article>\n'.repeat(bytes / 32)).subarray(
    0,
    bytes,
  );
}

function prepared(input: Buffer, of: Fingerprint): Prepared {
  return {
    sample: () => [of(input), of(input.subarray(1)), of(Buffer.alloc(0))].join(' '),
    run(operations) {
      let sum = 0;
      for (let done = 0; done < operations; done += 1) sum += of(input).charCodeAt(done & 15);
      return sum;
    },
  };
}

/** XXH64 and SHA-256 give different answers, so each agrees with its own kind: an independent XXH64, and each other. */
function contenders(bytes: number): Contender[] {
  const input = page(bytes);
  return [
    { name: 'safekeep (fingerprint)', family: 'xxh64', prepare: async () => prepared(input, fingerprint) },
    {
      name: "crypto.hash('sha256')",
      family: 'sha256',
      prepare: async () => prepared(input, (data) => hash('sha256', data, 'hex')),
    },
    {
      name: "createHash('sha256')",
      family: 'sha256',
      prepare: async () => prepared(input, (data) => createHash('sha256').update(data).digest('hex')),
    },
    {
      name: 'hash-wasm (xxhash64)',
      family: 'xxh64',
      async prepare() {
        interface Hasher {
          init(): Hasher;
          update(data: Uint8Array): Hasher;
          digest(): string;
        }
        const { createXXHash64 } = await peer<{ createXXHash64(): Promise<Hasher> }>('hash-wasm');
        const hasher = await createXXHash64();
        return prepared(input, (data) => hasher.init().update(data).digest());
      },
    },
  ];
}

const sizes = [
  { bytes: 32, said: '32 B', name: '32b', operations: 20_000 },
  { bytes: 1024, said: '1 KiB', name: '1kib', operations: 10_000 },
  { bytes: 65_536, said: '64 KiB', name: '64kib', operations: 500 },
] as const;

export const cases: readonly BenchCase[] = sizes.map(({ bytes, said, name, operations }) => ({
  name: `fingerprint-${name}`,
  question: `What does the fingerprint of a public body of ${said} cost?`,
  mode: 'process',
  operations,
  contenders: contenders(bytes),
}));
