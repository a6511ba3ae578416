import crypto from 'node:crypto';
import { SafekeepError } from '../../base/errors.js';
import { nameOf } from '../../base/names.js';
import type { PasswordEngine } from '../engine.js';
import type { Variant } from '../phc.js';
import { lazyEngine } from './lazy-engine.js';

/** `crypto.argon2`, which the types of Node 20 do not know. */
export type CryptoArgon2 = (
  algorithm: Variant,
  parameters: {
    readonly message: Uint8Array;
    readonly nonce: Uint8Array;
    readonly parallelism: number;
    readonly tagLength: number;
    readonly memory: number;
    readonly passes: number;
  },
  done: (error: Error | null, tag: Buffer) => void,
) => void;

/** The function of this Node; undefined before 24.7. */
export function cryptoArgon2(): CryptoArgon2 | undefined {
  const { argon2 } = crypto as typeof crypto & { readonly argon2?: CryptoArgon2 };
  return argon2;
}

/** The engine over Node's own OpenSSL. @throws SafekeepError ERR_PASSWORD_ENGINE from `tag` where Node has none */
export function cryptoEngine(find: () => CryptoArgon2 | undefined = cryptoArgon2): PasswordEngine {
  return lazyEngine('crypto.argon2', async () => {
    const argon2 = find();
    if (argon2 === undefined) {
      throw new SafekeepError('ERR_PASSWORD_ENGINE', { engine: nameOf('crypto.argon2'), because: nameOf('absent') });
    }
    return ({ variant, password, salt, tagBytes, memoryKiB, passes, lanes }) =>
      new Promise((resolve, reject) => {
        const parameters = {
          message: password,
          nonce: salt,
          parallelism: lanes,
          tagLength: tagBytes,
          memory: memoryKiB,
          passes,
        };
        argon2(variant, parameters, (error, tag) => (error === null ? resolve(tag) : reject(error)));
      });
  });
}
