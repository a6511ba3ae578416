import type { Options as Argon2Options } from 'argon2';
import type { PasswordEngine } from '../engine.js';
import { lazyEngine } from './lazy-engine.js';

export interface Argon2 {
  hash(password: Buffer, options: Argon2Options & { raw: true }): Promise<Buffer>;
}
const types = { argon2d: 0, argon2i: 1, argon2id: 2 } as const;

/** The engine over the package `argon2` (the C reference code), always with `raw: true`: its own strings vary by version. */
export function argon2Engine(load: () => Promise<Argon2> = () => import('argon2')): PasswordEngine {
  return lazyEngine('argon2', async () => {
    const { hash } = await load();
    return ({ variant, password, salt, tagBytes, memoryKiB, passes, lanes }) =>
      hash(Buffer.from(password), {
        raw: true,
        type: types[variant],
        version: 0x13,
        memoryCost: memoryKiB,
        timeCost: passes,
        parallelism: lanes,
        salt: Buffer.from(salt),
        hashLength: tagBytes,
      });
  });
}
