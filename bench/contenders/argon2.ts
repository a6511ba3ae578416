import crypto, { timingSafeEqual } from 'node:crypto';
import { createPasswords, type PasswordHash } from 'safekeep/passwords';
import { Absent, type Contender, type Prepared } from '../harness/case.js';
import { peer } from '../harness/peers.js';

/** The same for all: the default cost of createPasswords, OWASP's and ASVS's first choice. */
const memoryKiB = 19_456;
const passes = 2;
const lanes = 1;
const tagBytes = 32;
const salt = Buffer.from('6c61726b737075722d6c616e652d3137', 'hex');
const password = 'salt marsh at low tide';
const wrong = 'salt marsh at high tide';

/** A library as a program would use it without us. */
interface Library {
  readonly name: string;
  readonly node?: number;
  open(): Promise<{
    hash(password: string): Promise<string>;
    verify(stored: string, password: string): Promise<boolean>;
  }>;
}

const ours: Library = {
  name: 'safekeep (createPasswords)',
  async open() {
    // The salt is fixed for the sample only; drawing sixteen bytes is a ten-thousandth of a hash.
    const passwords = createPasswords({ random: { bytes: () => Buffer.from(salt), below: () => 0 } });
    const context = { account: '17' };
    return {
      hash: (typed) => passwords.hash(typed, context),
      verify: async (stored, typed) => (await passwords.verify(stored as PasswordHash, typed, context)) !== null,
    };
  },
};

const libraries: readonly Library[] = [
  ours,
  {
    name: 'argon2',
    async open() {
      const { default: argon2 } = await import('argon2');
      const options = {
        type: 2,
        memoryCost: memoryKiB,
        timeCost: passes,
        parallelism: lanes,
        hashLength: tagBytes,
        salt,
      } as const;
      return { hash: (typed) => argon2.hash(typed, options), verify: (stored, typed) => argon2.verify(stored, typed) };
    },
  },
  {
    name: '@node-rs/argon2',
    async open() {
      interface NodeRs {
        hash(password: string, options: object): Promise<string>;
        verify(stored: string, password: string): Promise<boolean>;
      }
      const argon2 = await peer<NodeRs>('@node-rs/argon2');
      const options = {
        algorithm: 2,
        memoryCost: memoryKiB,
        timeCost: passes,
        parallelism: lanes,
        outputLen: tagBytes,
        salt,
      };
      return { hash: (typed) => argon2.hash(typed, options), verify: (stored, typed) => argon2.verify(stored, typed) };
    },
  },
  {
    name: 'hash-wasm',
    async open() {
      interface HashWasm {
        argon2id(options: object): Promise<string>;
        argon2Verify(options: { hash: string; password: string }): Promise<boolean>;
      }
      const { argon2id, argon2Verify } = await peer<HashWasm>('hash-wasm');
      const options = {
        salt,
        memorySize: memoryKiB,
        iterations: passes,
        parallelism: lanes,
        hashLength: tagBytes,
        outputType: 'encoded',
      };
      return {
        hash: (typed) => argon2id({ ...options, password: typed }),
        verify: (hash, typed) => argon2Verify({ hash, password: typed }),
      };
    },
  },
  {
    name: 'crypto.argon2 (Node 24)',
    node: 24,
    async open() {
      type Argon2 = (kind: string, options: object, done: (error: Error | null, tag: Buffer) => void) => void;
      const { argon2 } = crypto as typeof crypto & { argon2?: Argon2 };
      if (argon2 === undefined) throw new Absent('this Node 24 has no crypto.argon2: it came with 24.7');
      const tagOf = (typed: string) =>
        new Promise<Buffer>((resolve, reject) => {
          const options = {
            message: typed,
            nonce: salt,
            parallelism: lanes,
            tagLength: tagBytes,
            memory: memoryKiB,
            passes,
          };
          argon2('argon2id', options, (error, tag) => (error === null ? resolve(tag) : reject(error)));
        });
      const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
      return {
        hash: async (typed) =>
          `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${lanes}$${text(salt)}$${text(await tagOf(typed))}`,
        verify: async (stored, typed) =>
          timingSafeEqual(Buffer.from(stored.split('$')[5] as string, 'base64'), await tagOf(typed)),
      };
    },
  },
];

/** Hashing, one after the other: what a registration costs. The sample is the stored string itself. */
export const hashers: readonly Contender[] = libraries.map(({ open, ...contender }) => ({
  ...contender,
  async prepare(): Promise<Prepared> {
    const { hash } = await open();
    return {
      sample: () => hash(password),
      async run(operations) {
        let length = 0;
        for (let done = 0; done < operations; done += 1) length += (await hash(password)).length;
        return length;
      },
    };
  },
}));

/** Verifying, one after the other: what a sign-in costs. Every contender checks the string that the others wrote. */
export const verifiers: readonly Contender[] = libraries.map(({ open, ...contender }) => ({
  ...contender,
  async prepare(): Promise<Prepared> {
    const { hash, verify } = await open();
    const stored = await hash(password);
    return {
      sample: async () => `${stored} ${await verify(stored, password)} ${await verify(stored, wrong)}`,
      async run(operations) {
        let right = 0;
        for (let done = 0; done < operations; done += 1) right += (await verify(stored, password)) ? 1 : 0;
        return right;
      },
    };
  },
}));
