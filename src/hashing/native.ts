import { createRequire } from 'node:module';
import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';

export type XxHash = typeof import('@node-rs/xxhash');
type Require = (name: string) => unknown;

/**
 * Loads the native module at the first call, not on import, so that a machine where it does not load can still say so
 * in our words. `require` because fingerprints are synchronous.
 * @throws SafekeepError ERR_NATIVE_MODULE, at every call, when it does not load
 */
export function lazyXxHash(require: Require = createRequire(import.meta.url)): () => XxHash {
  let loaded: XxHash | undefined;
  return function loadXxHash() {
    if (loaded !== undefined) return loaded;
    try {
      loaded = require('@node-rs/xxhash') as XxHash;
      return loaded;
    } catch {
      throw new SafekeepError('ERR_NATIVE_MODULE', { install: nameOf('@node-rs/xxhash') });
    }
  };
}

/** Kept for the whole process because `fingerprint` has no factory, and a cached require still costs twice the hash. */
export const xxhash: () => XxHash = lazyXxHash();
