import { createHash, hash } from 'node:crypto';
import { openForeignCbc, openForeignCtr } from '../aead/index.js';
import { utf8 } from '../base/bytes.js';
import { flagRule, readOptions, reasonRule, required, textRule, withDefault } from '../base/options.js';
import type { ForeignReader } from '../base/ports/foreign-reader.js';
import { refusal } from './refusal.js';
import { fromHex, fromUtf8, textOf } from './stored.js';

export interface MongooseFieldEncryptionOptions {
  /** The plugin's `secret`. */
  readonly secret: string;
  /** The format has no MAC. The reason why nobody could change these values. */
  readonly dangerouslyReadUnauthenticated: string;
  /** Also reads what versions before 2, or `useAes256Ctr`, wrote: hex without a colon. Default false. */
  readonly oldCtr?: boolean | undefined;
}

const shape = {
  secret: required(textRule()),
  dangerouslyReadUnauthenticated: required(reasonRule()),
  oldCtr: withDefault(flagRule(), false),
};
const name = 'mongoose-field-encryption';

/**
 * Reads fields of mongoose-field-encryption 7: hex of IV, a colon, hex of AES-256-CBC. A field that was no string is
 * JSON, from `__enc_<field>_d`; it comes out as that text.
 *
 * These values are not authentic. Who could write to the collection may have changed them: a changed IV changes the
 * first sixteen characters and shows nothing. What is no UTF-8 or has a broken padding is refused; with `oldCtr`, where
 * every value has one key stream and none has padding, nearly any hex of an attacker's making opens.
 * @throws SafekeepError ERR_OPTION_MISSING, ERR_OPTION_INVALID; from `read` ERR_FOREIGN_FORMAT, ERR_FOREIGN_BROKEN,
 * ERR_FOREIGN_VALUE
 * @example
 * const reader = mongooseFieldEncryptionReader({
 *   secret, dangerouslyReadUnauthenticated: 'the dump was taken before the break-in of March' });
 */
export function mongooseFieldEncryptionReader(options: MongooseFieldEncryptionOptions): ForeignReader {
  const { secret, oldCtr } = readOptions('mongooseFieldEncryptionReader', shape, options);
  // The plugin's key is text: half of the hex of a hash, 128 bits.
  const key = utf8(hash('sha256', secret, 'hex').slice(0, 32));
  const old = oldCtr ? bytesToKey(utf8(secret), 48) : undefined;

  return Object.freeze<ForeignReader>({
    name,
    read(stored, place) {
      const parts = textOf(stored)?.split(':') ?? [];
      const [first, second] = parts.map(fromHex);
      let bytes: Buffer | null;
      if (parts.length === 1 && old !== undefined && first) {
        bytes = openForeignCtr(old.subarray(0, 32), old.subarray(32), first);
      } else if (parts.length === 2 && first?.length === 16 && second) {
        bytes = openForeignCbc(key, first, second);
      } else {
        throw refusal('format', name, place);
      }
      if (bytes === null) throw refusal('broken', name, place);
      const value = fromUtf8(bytes);
      if (value === null) throw refusal('value', name, place);
      return value;
    },
  });
}

/** EVP_BytesToKey of OpenSSL with MD5, no salt and one round: what `createCipher(name, password)` of old Node used. */
function bytesToKey(password: Uint8Array, size: number): Buffer {
  let made = Buffer.alloc(0);
  let last = Buffer.alloc(0);
  while (made.length < size) {
    last = createHash('md5').update(last).update(password).digest();
    made = Buffer.concat([made, last]);
  }
  return made.subarray(0, size);
}
