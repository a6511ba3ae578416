import { hash } from 'node:crypto';
import { openForeignGcm } from '../aead/index.js';
import { fromBase64Url } from '../base/bytes.js';
import { say } from '../base/names.js';
import { listRule, readOptions, required } from '../base/options.js';
import type { ForeignReader } from '../base/ports/foreign-reader.js';
import { refusal } from './refusal.js';
import { fromPadded, fromUtf8, textOf } from './stored.js';

export interface CloakOptions {
  /** Every key that values may be under, as the library prints them: `k1.aesgcm256.…`. At least one. */
  readonly keys: readonly string[];
}

const keyForm = /^k1\.aesgcm256\.([\w-]{43})=?$/;
const shape = {
  keys: required(
    listRule<string>({
      check: (value) =>
        typeof value === 'string' && fromBase64Url(keyForm.exec(value)?.[1] ?? '-')?.length === 32
          ? undefined
          : say`a key like k1.aesgcm256 and 44 characters`,
    }),
  ),
};
const name = 'cloak';

/**
 * Reads what `@47ng/cloak` 1.2 and `prisma-field-encryption` 1.6 store: `v1.aesgcm256.<key>.<iv>.<ciphertext>`. A value
 * names its key. Anything else in the column is refused, where prisma-field-encryption would return it as it is: import
 * plaintext rows as plaintext.
 *
 * The values are authentic, but not bound to their place: one that was moved to another row or column opens there.
 * @throws SafekeepError ERR_OPTION_INVALID; from `read` ERR_FOREIGN_FORMAT, ERR_FOREIGN_KEY, ERR_FOREIGN_BROKEN,
 * ERR_FOREIGN_VALUE
 * @example
 * const reader = cloakReader({ keys: [encryptionKey, ...decryptionKeys] });
 */
export function cloakReader(options: CloakOptions): ForeignReader {
  const { keys } = readOptions('cloakReader', shape, options);
  // The library names a key by the hash of its printed form, padding or not.
  const known = new Map(keys.map((key) => [hash('sha256', key, 'hex').slice(0, 8), rawKey(key)]));

  return Object.freeze<ForeignReader>({
    name,
    read(stored, place) {
      const form = /^v1\.aesgcm256\.([0-9a-f]{8})\.([\w-]{16})\.([\w-]+={0,2})$/.exec(textOf(stored) ?? '');
      const [, id = '', iv = '', body = ''] = form ?? [];
      const nonce = fromBase64Url(iv);
      const sealed = fromPadded(body, 'base64url');
      if (form === null || nonce === null || sealed === null || sealed.length < 16) {
        throw refusal('format', name, place);
      }
      const key = known.get(id);
      if (key === undefined) throw refusal('key', name, place);
      const bytes = openForeignGcm({
        key,
        nonce,
        ciphertext: sealed.subarray(0, -16),
        tag: sealed.subarray(-16),
      });
      if (bytes === null) throw refusal('broken', name, place);
      const value = fromUtf8(bytes);
      if (value === null) throw refusal('value', name, place);
      return value;
    },
  });
}

function rawKey(key: string): Buffer {
  return Buffer.from(keyForm.exec(key)?.[1] ?? '', 'base64url');
}
