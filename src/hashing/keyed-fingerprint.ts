import { type Random, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { xxhash } from './native.js';

const secretBytes = 192;
/** 192 random bytes hold about 135 different values; fewer than this is a constant, a repeat or a text. */
const leastDifferentBytes = 90;

/**
 * A fast hash for in-process tables whose keys strangers choose (the counters of a rate limit): XXH3-64 under a random
 * secret, so that nobody outside can aim many keys at one slot. The secret is new in every process by default, so the
 * numbers mean nothing elsewhere: never store them, never send them. Not a seed: pairs exist that collide in seeded
 * XXH64 under every seed.
 *
 * It is no MAC. Who can read the results can learn the secret, so it stands for nobody in a log (`createPseudonyms`)
 * and looks nothing up in a database (`fields.blindIndex`).
 *
 * @param secret 192 random bytes, copied; only for tests and vectors. Default: from the operating system.
 * @throws SafekeepError ERR_OPTION_INVALID for a secret of another length or one that is visibly not random;
 *   ERR_NATIVE_MODULE when `@node-rs/xxhash` does not load
 * @example
 * import { createKeyedFingerprint } from 'safekeep/hashing';
 * const slotOf = createKeyedFingerprint();
 * const slot = Number(slotOf('203.0.113.7/32') % 4096n);
 */
export function createKeyedFingerprint(secret?: Uint8Array, random: Random = systemRandom): (text: string) => bigint {
  // A copy: the caller's buffer may change. The length is checked here because the native code aborts the process.
  const own = Uint8Array.from(secret ?? random.bytes(secretBytes));
  if (own.length !== secretBytes || new Set(own).size < leastDifferentBytes) {
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('createKeyedFingerprint'),
      option: nameOf('secret'),
      expected: say`${secretBytes} random bytes`,
    });
  }
  const { xxh3 } = xxhash();
  return function keyedFingerprint(text) {
    return xxh3.xxh64WithSecret(text, own);
  };
}
