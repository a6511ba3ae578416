import { openForeignCbc, openForeignGcm } from '../aead/index.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { integerRule, oneOfRule, optional, readOptions, reasonRule, required, withDefault } from '../base/options.js';
import type { ForeignReader } from '../base/ports/foreign-reader.js';
import { asRule, keyBytes, keyRule } from './foreign-options.js';
import { refusal } from './refusal.js';
import { fromPadded, fromUtf8, jsonRecord, textOf } from './stored.js';

const algorithms = ['aes-256-gcm', 'aes-192-gcm', 'aes-128-gcm', 'aes-256-cbc', 'aes-192-cbc', 'aes-128-cbc'] as const;

export interface TypeormEncryptedOptions {
  /** The `key` of the column's transformer: hex, as long as the algorithm asks. */
  readonly key: string | Uint8Array;
  readonly algorithm: (typeof algorithms)[number];
  /** The transformer's `ivLength` in bytes, 1 to 16. Default 16. */
  readonly ivLength?: number | undefined;
  /** What comes out: `text` (default) must be UTF-8. */
  readonly as?: 'text' | 'bytes' | undefined;
  /** Needed for CBC, which has no MAC. The reason why nobody could change these values. */
  readonly dangerouslyReadUnauthenticated?: string | undefined;
}

const shape = {
  key: required(keyRule(16, 24, 32)),
  algorithm: required(oneOfRule(...algorithms)),
  ivLength: withDefault(integerRule({ min: 1, max: 16 }), 16),
  as: asRule,
  dangerouslyReadUnauthenticated: optional(reasonRule()),
};
const name = 'typeorm-encrypted';

/**
 * Reads columns of typeorm-encrypted 0.8: base64 of IV, tag (GCM) and ciphertext; `{"encrypted": …}` of its JSON
 * transformer too. Tags are 16 bytes, its default; a column with a shorter `authTagLength` is not read.
 *
 * GCM values are authentic, but not bound to their place: one that was moved to another row opens there. CBC values are
 * not even authentic: whoever could write to the table may have changed them, and a changed first block shows nothing.
 * @throws SafekeepError ERR_OPTION_INVALID; from `read` ERR_FOREIGN_FORMAT, ERR_FOREIGN_BROKEN, ERR_FOREIGN_VALUE
 * @example
 * const reader = typeormEncryptedReader({ key: hex, algorithm: 'aes-256-gcm', ivLength: 12 });
 */
export function typeormEncryptedReader(options: TypeormEncryptedOptions): ForeignReader {
  const { algorithm, ivLength, as, ...read } = readOptions('typeormEncryptedReader', shape, options);
  const key = keyBytes(read.key);
  const isGcm = algorithm.endsWith('gcm');
  const refuse = (option: string, expected: ReturnType<typeof say>): never => {
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('typeormEncryptedReader'),
      option: nameOf(option),
      expected,
    });
  };
  if (key.length * 8 !== Number(algorithm.slice(4, 7))) refuse('key', say`a key of the length that the algorithm asks`);
  if (!isGcm && ivLength !== 16) refuse('ivLength', say`16, the block of CBC`);
  if (!isGcm && read.dangerouslyReadUnauthenticated === undefined) {
    refuse('dangerouslyReadUnauthenticated', say`the reason why nobody could change values that have no MAC`);
  }

  function opened(sealed: Buffer): Buffer | null {
    const iv = sealed.subarray(0, ivLength);
    if (!isGcm) return openForeignCbc(key, iv, sealed.subarray(ivLength));
    const tag = sealed.subarray(ivLength, ivLength + 16);
    return openForeignGcm({ key, nonce: iv, tag, ciphertext: sealed.subarray(ivLength + 16) });
  }
  return Object.freeze<ForeignReader>({
    name,
    read(stored, place) {
      const text = textOf(stored);
      const json = text?.startsWith('{') === true ? jsonRecord(text, ['encrypted']) : undefined;
      const sealed = fromPadded(json === undefined ? text : json?.['encrypted']);
      if (sealed === null || sealed.length < ivLength + 16) throw refusal('format', name, place);
      const bytes = opened(sealed);
      if (bytes === null) throw refusal('broken', name, place);
      const value = as === 'bytes' ? bytes : fromUtf8(bytes);
      if (value === null) throw refusal('value', name, place);
      return value;
    },
  });
}
