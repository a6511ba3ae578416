import type { FastHash } from '../base/brands.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { xxhash } from './native.js';

/**
 * A fingerprint of public bytes: ETags, cache and shard keys, "did this page change?". Equal on every instance and in
 * every release, because it is XXH64 without a seed; text is fingerprinted as its UTF-8 bytes.
 *
 * It protects nothing. Anyone can compute it and anyone can make two inputs that share one, so it is for no token, no
 * password, no look-up of a sealed column, and no stand-in for an e-mail address in a log: those are `createPasswords`,
 * `fields.blindIndex` and `createPseudonyms`, and a `FastHash` does not compile in their place. ASVS 5.0 V11.4.1.
 *
 * @returns 16 hex digits, lower case
 * @throws SafekeepError ERR_NATIVE_MODULE when `@node-rs/xxhash` does not load; ERR_OPTION_INVALID for neither text
 *   nor bytes
 * @example
 * import { fingerprint } from 'safekeep/hashing';
 * const page = '<!doctype html><title>Catalogue</title>';
 * const etag = `"${fingerprint(page)}"`;
 */
export function fingerprint(input: string | Uint8Array): FastHash {
  if (typeof input !== 'string' && !(input instanceof Uint8Array)) {
    throw new SafekeepError('ERR_OPTION_INVALID', { of: nameOf('fingerprint'), expected: say`text or bytes` });
  }
  return xxhash().xxh64(input).toString(16).padStart(16, '0') as FastHash;
}
