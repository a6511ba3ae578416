import { createHmac, hkdfSync } from 'node:crypto';
import { openForeignCtr, openForeignXChaCha20, openForeignXChaCha20Poly1305 } from '../aead/index.js';
import { equalBytes, utf8 } from '../base/bytes.js';
import {
  functionRule,
  listRule,
  oneOfRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { ForeignReader } from '../base/ports/foreign-reader.js';
import { blake2b256 } from './blake2b.js';
import { type BytesOfPlace, bytesOf, keyBytes, keyRule } from './foreign-options.js';
import { refusal } from './refusal.js';
import { columnKey, fromPadded, textOf } from './stored.js';
import { decoded, type Encoding, type ForeignType, foreignTypes } from './value-types.js';

export interface CipherSweetOptions {
  /** The key of the string provider, hex or bytes. */
  readonly key: string | Uint8Array;
  /** Keys of before, tried after it. Default none. */
  readonly previousKeys?: readonly (string | Uint8Array)[] | undefined;
  /** The table's name as the library knew it. Default the table's. */
  readonly table?: string | undefined;
  /** The field's name as the library knew it. Default the column's. */
  readonly field?: string | undefined;
  /** The field's type. Default `text`. An integer of the JavaScript library is a `float`. */
  readonly type?: ForeignType | undefined;
  /** The additional data of the field, as it was computed for the row. */
  readonly aad?: BytesOfPlace | undefined;
}

const shape = {
  key: required(keyRule(32)),
  previousKeys: withDefault(listRule(keyRule(32)), []),
  table: optional(textRule({ maxLength: 256 })),
  field: optional(textRule({ maxLength: 256 })),
  type: withDefault(oneOfRule(...foreignTypes), 'text'),
  aad: optional(functionRule<BytesOfPlace>()),
};
const name = 'ciphersweet';
const encoding: Encoding = {
  littleEndian: true,
  boolean: (bytes) => (bytes.length === 1 ? [null, 'false', 'true'][bytes[0] as number] : undefined),
};

/** Opens the body of one backend; null when its MAC differs. */
type Open = (key: Buffer, body: Buffer, aad: Buffer) => Buffer | null;
interface Backend {
  /** Nonces and MAC: what a body has at least. */
  readonly overheadBytes: number;
  readonly open: Open;
}

/**
 * Reads fields of CipherSweet (PHP 4, JavaScript 2), whichever of its backends wrote them: `fips:` (AES-256-CTR and
 * HMAC-SHA-384), `nacl:` (XChaCha20-Poly1305) and `brng:` (XChaCha20 and keyed BLAKE2b). The MAC is checked before
 * anything is decrypted. Not read: files, and fields inside encrypted JSON.
 *
 * A value is bound to its table and column, by the key; to its row only where it had additional data of the row.
 * @throws SafekeepError ERR_OPTION_INVALID; from `read` ERR_FOREIGN_FORMAT, ERR_FOREIGN_BROKEN, ERR_FOREIGN_VALUE
 * @example
 * const reader = cipherSweetReader({ key: hex, type: 'integer', aad: ({ row }) => String(row[0]) });
 */
export function cipherSweetReader(options: CipherSweetOptions): ForeignReader {
  const { key, previousKeys, table, field, type, aad } = readOptions('cipherSweetReader', shape, options);
  const masters = [key, ...previousKeys].map(keyBytes);

  return Object.freeze<ForeignReader>({
    name,
    read(stored, place) {
      const text = textOf(stored) ?? '';
      const backend = backends.get(text.slice(0, 5));
      const body = fromPadded(text.slice(5), 'base64url');
      if (backend === undefined || body === null || body.length < backend.overheadBytes) {
        throw refusal('format', name, place);
      }
      const more = aad === undefined ? Buffer.alloc(0) : bytesOf(aad(place));
      let bytes: Buffer | null = null;
      for (const master of masters) {
        bytes ??= backend.open(columnKey(master, table ?? place.table, field ?? place.column), body, more);
      }
      if (bytes === null) throw refusal('broken', name, place);
      const value = decoded(bytes, type, encoding);
      if (value === undefined) throw refusal('value', name, place);
      return value;
    },
  });
}

/** salt (32) || counter (16) || HMAC (48) || ciphertext. */
const fips: Open = (key, body, aad) => {
  const [salt, counter, mac, ciphertext] = parts(body, 32, 16, 48);
  const expected = createHmac('sha384', Buffer.from(hkdfSync('sha384', key, salt, 'HMAC-SHA-384', 32)))
    .update(packed([utf8('fips:'), salt, counter, ciphertext]))
    .update(aad)
    .digest();
  if (!equalBytes(expected, mac)) return null;
  return openForeignCtr(Buffer.from(hkdfSync('sha384', key, salt, 'AES-256-CTR', 32)), counter, ciphertext);
};

/** nonce (24) || ciphertext || tag; the nonce is authenticated too. */
const nacl: Open = (key, body, aad) => {
  const nonce = body.subarray(0, 24);
  return openForeignXChaCha20Poly1305(key, nonce, Buffer.concat([nonce, aad]), body.subarray(24));
};

/** nonce (24) || BLAKE2b-256 (32) || ciphertext. */
const brng: Open = (key, body, aad) => {
  const [nonce, mac, , ciphertext] = parts(body, 24, 32);
  const digits = (part: Uint8Array): Buffer => utf8(String(part.length));
  const signed = Buffer.concat([utf8('brng:'), nonce, digits(aad), aad, digits(ciphertext), ciphertext]);
  if (!equalBytes(blake2b256(blake2b256(key, utf8('message-integrity')), signed), mac)) return null;
  return openForeignXChaCha20(blake2b256(key, utf8('message-encryption')), nonce, ciphertext);
};

const backends: ReadonlyMap<string, Backend> = new Map([
  ['fips:', { overheadBytes: 96, open: fips }],
  ['nacl:', { overheadBytes: 40, open: nacl }],
  ['brng:', { overheadBytes: 56, open: brng }],
]);

/** Cuts off parts of these sizes; the fourth is what remains. */
function parts(body: Buffer, first: number, second: number, third = 0): readonly [Buffer, Buffer, Buffer, Buffer] {
  const [two, three] = [first + second, first + second + third];
  return [body.subarray(0, first), body.subarray(first, two), body.subarray(two, three), body.subarray(three)];
}

/** The library's injective list: count in four bytes, then each length in eight, little-endian. */
function packed(pieces: readonly Uint8Array[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(pieces.length);
  return Buffer.concat([
    count,
    ...pieces.flatMap((piece) => {
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(piece.length));
      return [size, piece];
    }),
  ]);
}
