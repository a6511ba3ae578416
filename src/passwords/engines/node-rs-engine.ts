import type { PasswordEngine } from '../engine.js';
import { lazyEngine } from './lazy-engine.js';

/** What is used of the optional package `@node-rs/argon2`. */
export interface NodeRsArgon2 {
  hashRaw(
    password: Uint8Array,
    options: {
      readonly algorithm: number;
      readonly version: number;
      readonly memoryCost: number;
      readonly timeCost: number;
      readonly parallelism: number;
      readonly outputLen: number;
      readonly salt: Uint8Array;
    },
  ): Promise<Buffer>;
}
// Its enums are `const enum`s, which a compiler of single files cannot read.
const algorithms = { argon2d: 0, argon2i: 1, argon2id: 2 } as const;
const version0x13 = 1;

/** The engine over `@node-rs/argon2` (Rust): the same tags for about half of the processor time. */
export function nodeRsEngine(load: () => Promise<NodeRsArgon2> = () => import('@node-rs/argon2')): PasswordEngine {
  return lazyEngine('@node-rs/argon2', async () => {
    const { hashRaw } = await load();
    return ({ variant, password, salt, tagBytes, memoryKiB, passes, lanes }) =>
      hashRaw(password, {
        algorithm: algorithms[variant],
        version: version0x13,
        memoryCost: memoryKiB,
        timeCost: passes,
        parallelism: lanes,
        outputLen: tagBytes,
        salt,
      });
  });
}
