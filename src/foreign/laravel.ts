import { createHmac } from 'node:crypto';
import { openForeignCbc, openForeignGcm } from '../aead/index.js';
import { equalBytes, utf8 } from '../base/bytes.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { flagRule, listRule, oneOfRule, readOptions, required, textRule, withDefault } from '../base/options.js';
import type { ForeignReader } from '../base/ports/foreign-reader.js';
import { asRule } from './foreign-options.js';
import { phpScalar } from './php-scalar.js';
import { refusal } from './refusal.js';
import { fromHex, fromPadded, fromUtf8, jsonRecord, textOf } from './stored.js';

const ciphers = ['aes-256-cbc', 'aes-128-cbc', 'aes-256-gcm', 'aes-128-gcm'] as const;

export interface LaravelOptions {
  /** `APP_KEY`: `base64:` and base64, or the 16 or 32 characters themselves. */
  readonly key: string;
  /** `APP_PREVIOUS_KEYS`, each as `key`. Default none. */
  readonly previousKeys?: readonly string[] | undefined;
  /** `app.cipher`. Default `aes-256-cbc`, as Laravel's. */
  readonly cipher?: (typeof ciphers)[number] | undefined;
  /** True for `Crypt::encrypt($value)`; false (default) for `encryptString` and the `encrypted` casts of Eloquent. */
  readonly serialized?: boolean | undefined;
  /** What comes out: `text` (default) must be UTF-8. */
  readonly as?: 'text' | 'bytes' | undefined;
}

const shape = {
  key: required(textRule({ maxLength: 64 })),
  previousKeys: withDefault(listRule(textRule({ maxLength: 64 })), []),
  cipher: withDefault(oneOfRule(...ciphers), 'aes-256-cbc'),
  serialized: withDefault(flagRule(), false),
  as: asRule,
};
const name = 'laravel';

interface Payload {
  readonly iv: Buffer;
  readonly value: Buffer;
  /** What the MAC is over: the encoded texts, as they stand. */
  readonly signed: string;
  readonly mac: Buffer;
  readonly tag: Buffer;
}

/**
 * Reads what Laravel's encrypter stores: base64 of JSON with `iv`, `value`, and `mac` (CBC, checked before anything is
 * decrypted) or `tag` (GCM). Each key is tried. Serialized values open when they are text, a number, a boolean or null;
 * arrays and objects are refused, never built.
 *
 * The values are authentic, but not bound to their place: one that was moved to another row or column opens there.
 * @throws SafekeepError ERR_OPTION_INVALID; from `read` ERR_FOREIGN_FORMAT, ERR_FOREIGN_BROKEN, ERR_FOREIGN_VALUE
 * @example
 * const reader = laravelReader({ key: 'base64:…', previousKeys: ['base64:…'] });
 */
export function laravelReader(options: LaravelOptions): ForeignReader {
  const { key, previousKeys, cipher, serialized, as } = readOptions('laravelReader', shape, options);
  const isGcm = cipher.endsWith('gcm');
  const keys = [key, ...previousKeys].map((text) => readKey(text, cipher.includes('256') ? 32 : 16));

  function opened({ iv, value, signed, mac, tag }: Payload): Buffer | null {
    for (const one of keys) {
      if (isGcm) {
        const bytes = openForeignGcm({ key: one, nonce: iv, ciphertext: value, tag });
        if (bytes !== null) return bytes;
      } else if (equalBytes(createHmac('sha256', one).update(signed).digest(), mac)) {
        return openForeignCbc(one, iv, value);
      }
    }
    return null;
  }
  return Object.freeze<ForeignReader>({
    name,
    read(stored, place) {
      const payload = readPayload(textOf(stored), isGcm);
      if (payload === null) throw refusal('format', name, place);
      const bytes = opened(payload);
      if (bytes === null) throw refusal('broken', name, place);
      const plain = serialized ? phpScalar(bytes) : bytes;
      const value = plain instanceof Uint8Array && as === 'text' ? (fromUtf8(plain) ?? undefined) : plain;
      if (value === undefined) throw refusal('value', name, place);
      return value;
    },
  });
}

function readPayload(text: string | null, isGcm: boolean): Payload | null {
  const json = fromPadded(text)?.toString('latin1') ?? '';
  // PHP writes no space between members: what has one was not written by the encrypter.
  const fields = /\s/.test(json) ? null : jsonRecord(json, ['iv', 'value', 'mac', 'tag']);
  if (fields === null) return null;
  const { iv: ivText, value: valueText, mac: macText, tag: tagText = '' } = fields;
  const [iv, value, tag] = [ivText, valueText, tagText].map((part) => fromPadded(part));
  const mac = typeof macText === 'string' ? fromHex(macText) : null;
  if (!iv || !value || !tag || !mac) return null;
  // A value of the other mode: its check would be left out here, so it is not for this reader.
  if (iv.length !== (isGcm ? 12 : 16) || mac.length !== (isGcm ? 0 : 32) || tag.length !== (isGcm ? 16 : 0))
    return null;
  return { iv, value, tag, mac, signed: `${String(ivText)}${String(valueText)}` };
}

function readKey(text: string, size: number): Buffer {
  const bytes = text.startsWith('base64:') ? fromPadded(text.slice(7)) : utf8(text);
  if (bytes?.length === size) return bytes;
  throw new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf('laravelReader'),
    option: nameOf('key'),
    expected: say`keys of ${size} bytes: as characters, or as base64 behind base64 and a colon`,
  });
}
