import { createHmac } from 'node:crypto';
import type { Pseudonym } from '../base/brands.js';
import { u32 } from '../base/bytes.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { objectRule, readOptions, required } from '../base/options.js';
import type { DerivedKeys } from '../base/ports/derived-keys.js';

export interface PseudonymsOptions {
  /** A key ring, or any source of keys derived for the purpose `pseudonyms`. */
  readonly keys: DerivedKeys;
}

export interface Pseudonyms {
  /**
   * The token of a value of that type: `t1:<type>:<key id, 8 hex digits>:<22 characters>`. The same value, type and key
   * give the same token; another type gives an unrelated one. Values are taken as they are: fold what should be one
   * person (case of an address, blanks in a phone number) before.
   * @param type lower-case letters, digits, `_`, `.` and `-`, a letter first; 1 to 64 characters: `email`
   * @throws SafekeepError ERR_OPTION_INVALID for another type or a value that is no text
   */
  of(type: string, value: string): Pseudonym;
}

const optionsShape = { keys: required(objectRule<DerivedKeys>('derive')) };
const typePattern = /^[a-z][a-z0-9_.-]{0,63}$/;
const tokenBytes = 16;

/**
 * Stand-ins for personal values in logs and reports: joinable (one customer's lines can be told to be one customer's),
 * and not reversible without the key. HMAC-SHA-256 cut to 128 bits, under a key of its own for each type, so a log
 * joins neither to a blind index nor across types.
 *
 * It does NOT make data anonymous: who holds the ring can test any guess, and a pseudonym is still personal data.
 * ASVS 5.0 V11.4.1.
 * @throws SafekeepError ERR_OPTION_* for options that do not fit
 * @example
 * import { createPseudonyms } from 'safekeep/hashing';
 * import { fileRootKey, openKeyRing } from 'safekeep/keys';
 * const keys = await openKeyRing({ root: fileRootKey('root.key'), path: 'keys.json' });
 * const token = createPseudonyms({ keys }).of('email', 'ada@example.com');
 */
export function createPseudonyms(options: PseudonymsOptions): Pseudonyms {
  const { keys } = readOptions('createPseudonyms', optionsShape, options);
  return Object.freeze({
    of(type: string, value: string): Pseudonym {
      if (typeof type !== 'string' || !typePattern.test(type)) throw invalid('type', say`a short lower-case name`);
      if (typeof value !== 'string') throw invalid('value', say`text`);
      // Asked each time: the ring decides which key is active now.
      const { keyId, key } = keys.derive('pseudonyms', type);
      const tag = createHmac('sha256', key).update(value, 'utf8').digest().subarray(0, tokenBytes);
      return `t1:${type}:${u32(keyId).toString('hex')}:${tag.toString('base64url')}` as Pseudonym;
    },
  });
}

function invalid(option: string, expected: ReturnType<typeof say>): SafekeepError {
  return new SafekeepError('ERR_OPTION_INVALID', { of: nameOf('pseudonyms.of'), option: nameOf(option), expected });
}
