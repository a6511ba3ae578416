import { hash, pbkdf2Sync } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { openForeignGcm } from '../aead/index.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { listRule, oneOfRule, readOptions, textRule, withDefault } from '../base/options.js';
import type { ForeignReader } from '../base/ports/foreign-reader.js';
import { type ActiveRecordMessage, activeRecordMessage } from './active-record-message.js';
import { keyBytes, keyRule } from './foreign-options.js';
import { refusal } from './refusal.js';
import { fromUtf8, textOf } from './stored.js';

export interface ActiveRecordOptions {
  /** `primary_key`, or the list of them, for attributes that are not deterministic. */
  readonly primaryKeys?: readonly string[] | undefined;
  /** `deterministic_key`, for those that are; several where it was changed. */
  readonly deterministicKeys?: readonly string[] | undefined;
  /** `key_derivation_salt`. Needed with either of the two. */
  readonly keyDerivationSalt?: string | undefined;
  /** `hash_digest_class`, each that was in use: `sha256` (default) since Rails 7.1, `sha1` before. */
  readonly digests?: readonly ('sha256' | 'sha1')[] | undefined;
  /** Keys of a `key_provider` of your own: 32 bytes each, as such or in hex. */
  readonly keys?: readonly (string | Uint8Array)[] | undefined;
}

const password = textRule({ maxLength: 4096 });
const shape = {
  primaryKeys: withDefault(listRule(password), []),
  deterministicKeys: withDefault(listRule(password), []),
  keyDerivationSalt: withDefault(password, ''),
  digests: withDefault(listRule(oneOfRule('sha256', 'sha1')), ['sha256']),
  keys: withDefault(listRule(keyRule(32)), []),
};
const name = 'active-record';
/** ActiveSupport::KeyGenerator's default, which Active Record Encryption does not change. */
const iterations = 2 ** 16;
/** What a compressed value may unfold to. */
const mostBytes = 64 * 1024 * 1024;

/**
 * Reads attributes of Rails' Active Record Encryption (7.0 to 8.1): JSON with payload and headers; deterministic or
 * not, compressed by zlib, with key references, with an encrypted data key of their own (envelope). The key is known
 * by its reference, or each is tried. Values of a binary attribute come out as bytes. Not read: the MessagePack
 * serializer, a compressor of your own, unencrypted rows of `support_unencrypted_data`.
 *
 * The values are authentic, but not bound to their place: one that was moved to another row or column opens there.
 * @throws SafekeepError ERR_OPTION_INVALID; from `read` ERR_FOREIGN_FORMAT, ERR_FOREIGN_KEY (a reference to a key that
 * was not given), ERR_FOREIGN_BROKEN, ERR_FOREIGN_VALUE
 * @example
 * const reader = activeRecordReader({ primaryKeys: [primary], keyDerivationSalt: salt });
 */
export function activeRecordReader(options: ActiveRecordOptions): ForeignReader {
  const read = readOptions('activeRecordReader', shape, options);
  const passwords = [...read.primaryKeys, ...read.deterministicKeys];
  if (passwords.length > 0 !== (read.keyDerivationSalt !== '') || passwords.length + read.keys.length === 0) {
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('activeRecordReader'),
      option: nameOf('keyDerivationSalt'),
      expected: say`primaryKeys or deterministicKeys with their salt, or keys, or both`,
    });
  }
  const keys = read.keys.map(keyBytes);
  for (const secret of passwords) {
    for (const digest of read.digests) keys.push(pbkdf2Sync(secret, read.keyDerivationSalt, iterations, 32, digest));
  }
  const known = keys.map((key) => ({ key, id: hash('sha1', key, 'hex').slice(0, 4) }));

  /** The plaintext; `key` when the reference names none of ours. */
  function opened(message: ActiveRecordMessage): Buffer | 'key' | null {
    const { reference, dataKey } = message;
    const candidates = known.filter(({ id }) => reference === undefined || id === reference);
    if (candidates.length === 0) return 'key';
    for (const { key } of candidates) {
      const inner = dataKey === undefined ? key : openForeignGcm({ key, ...dataKey });
      const bytes = inner?.length === 32 ? openForeignGcm({ key: inner, ...message }) : null;
      if (bytes !== null) return bytes;
    }
    return null;
  }
  return Object.freeze<ForeignReader>({
    name,
    read(stored, place) {
      const message = activeRecordMessage(textOf(stored));
      if (message === null) throw refusal('format', name, place);
      const bytes = opened(message);
      if (bytes === 'key') throw refusal('key', name, place);
      if (bytes === null) throw refusal('broken', name, place);
      const plain = message.isCompressed ? inflated(bytes) : bytes;
      const value = plain === null || message.encoding === 'bytes' ? plain : fromUtf8(plain);
      if (value === null) throw refusal('value', name, place);
      return value;
    },
  });
}

function inflated(bytes: Buffer): Buffer | null {
  try {
    return inflateSync(bytes, { maxOutputLength: mostBytes });
  } catch {
    return null;
  }
}
