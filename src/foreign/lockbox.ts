import { openForeignGcm } from '../aead/index.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import {
  flagRule,
  functionRule,
  integerRule,
  listRule,
  oneOfRule,
  optional,
  readOptions,
  textRule,
  withDefault,
} from '../base/options.js';
import type { ForeignPlace, ForeignReader } from '../base/ports/foreign-reader.js';
import { type BytesOfPlace, bytesOf, keyBytes, keyRule } from './foreign-options.js';
import { refusal } from './refusal.js';
import { columnKey, fromPadded, textOf } from './stored.js';
import { decoded, type Encoding, type ForeignType, foreignTypes } from './value-types.js';

export interface LockboxOptions {
  /** `Lockbox.master_key`, from which each column has its key: hex or bytes. This, or `key`. */
  readonly masterKey?: string | Uint8Array | undefined;
  /** The `key:` of an attribute or a box that has its own. */
  readonly key?: string | Uint8Array | undefined;
  /** Keys of `previous_versions`, tried after it: master keys or keys, as the first is. Default none. */
  readonly previousKeys?: readonly (string | Uint8Array)[] | undefined;
  /** `key_table`, where the table was renamed. Default the table's name. */
  readonly keyTable?: string | undefined;
  /** `key_attribute`. Default the name of the column that holds the ciphertext: `email_ciphertext`. */
  readonly keyAttribute?: string | undefined;
  /** True (default) for base64, as models store it; false for `encode: false`, binary columns and files. */
  readonly encoded?: boolean | undefined;
  /** `type:` of the attribute. Default `text`, which dates, times and decimals are too. */
  readonly type?: ForeignType | undefined;
  /** `padding:` in bytes (`true` is 16), 1 to 4096. Default none. */
  readonly padding?: number | undefined;
  /** `associated_data:`, as the model computed it for the row. */
  readonly associatedData?: BytesOfPlace | undefined;
}

const shape = {
  masterKey: optional(keyRule(32)),
  key: optional(keyRule(32)),
  previousKeys: withDefault(listRule(keyRule(32)), []),
  keyTable: optional(textRule({ maxLength: 256 })),
  keyAttribute: optional(textRule({ maxLength: 256 })),
  encoded: withDefault(flagRule(), true),
  type: withDefault(oneOfRule(...foreignTypes), 'text'),
  padding: optional(integerRule({ min: 1, max: 4096 })),
  associatedData: optional(functionRule<BytesOfPlace>()),
};
const name = 'lockbox';
const encoding: Encoding = {
  littleEndian: false,
  boolean: (bytes) => ({ t: 'true', f: 'false' })[bytes.toString('latin1')],
};

/**
 * Reads attributes and files of the Ruby gem Lockbox (0.6 to 2.1), AES-GCM: nonce, ciphertext, tag. An empty value of a
 * model without padding is stored as it is, and comes out as the empty text. Not read: `xchacha20`, `xsalsa20`,
 * `hybrid`.
 *
 * A value is bound to its table and column, by the key; to its row only where the model had associated data.
 * @throws SafekeepError ERR_OPTION_INVALID; from `read` ERR_FOREIGN_FORMAT, ERR_FOREIGN_BROKEN, ERR_FOREIGN_VALUE
 * @example
 * const reader = lockboxReader({ masterKey: hex, associatedData: ({ row }) => String(row[0]) });
 */
export function lockboxReader(options: LockboxOptions): ForeignReader {
  const read = readOptions('lockboxReader', shape, options);
  const first = read.masterKey ?? read.key;
  if (first === undefined || (read.masterKey !== undefined && read.key !== undefined)) {
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('lockboxReader'),
      option: nameOf('masterKey'),
      expected: say`one of masterKey and key`,
    });
  }
  const given = [first, ...read.previousKeys].map(keyBytes);

  function keysAt({ table, column }: ForeignPlace): readonly Buffer[] {
    if (read.key !== undefined) return given;
    return given.map((master) => columnKey(master, read.keyTable ?? table, read.keyAttribute ?? column));
  }
  return Object.freeze<ForeignReader>({
    name,
    read(stored, place) {
      if (stored.length === 0 && read.padding === undefined && (read.type === 'text' || read.type === 'bytes')) {
        return read.type === 'bytes' ? Buffer.alloc(0) : '';
      }
      const sealed = read.encoded ? fromPadded(textOf(stored)) : stored instanceof Uint8Array ? stored : null;
      if (sealed === null || sealed.length < 28) throw refusal('format', name, place);
      const aad = read.associatedData === undefined ? undefined : bytesOf(read.associatedData(place));
      let bytes: Buffer | null = null;
      for (const key of keysAt(place)) {
        bytes ??= openForeignGcm({
          key,
          nonce: sealed.subarray(0, 12),
          aad,
          ciphertext: sealed.subarray(12, -16),
          tag: sealed.subarray(-16),
        });
      }
      if (bytes === null) throw refusal('broken', name, place);
      const plain = read.padding === undefined ? bytes : unpadded(bytes, read.padding);
      const value = plain === null ? undefined : decoded(plain, read.type, encoding);
      if (value === undefined) throw refusal('value', name, place);
      return value;
    },
  });
}

/** ISO/IEC 7816-4: the byte 80, then zeros to a multiple of the size; null for anything else. */
function unpadded(bytes: Buffer, size: number): Buffer | null {
  let end = bytes.length - 1;
  while (end >= 0 && bytes[end] === 0) end -= 1;
  const isPadding = bytes.length % size === 0 && end >= 0 && bytes[end] === 0x80 && bytes.length - end <= size;
  return isPadding ? bytes.subarray(0, end) : null;
}
