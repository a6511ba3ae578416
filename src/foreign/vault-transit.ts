import { nameOf } from '../base/names.js';
import { functionRule, optional, readOptions } from '../base/options.js';
import type { ForeignPlace, ForeignReader } from '../base/ports/foreign-reader.js';
import { createTransitClient, type TransitOptions, transitShape, transitText } from '../keys/transit-client.js';
import { asRule, type BytesOfPlace, bytesOf } from './foreign-options.js';
import { refusal } from './refusal.js';
import { fromPadded, fromUtf8, textOf } from './stored.js';

export interface VaultTransitReaderOptions extends TransitOptions {
  /** `context` of a derived key, as it was computed for the value. */
  readonly context?: BytesOfPlace | undefined;
  /** `associated_data`, as it was computed for the value. */
  readonly associatedData?: BytesOfPlace | undefined;
  /** What comes out: `text` (default) must be UTF-8. */
  readonly as?: 'text' | 'bytes' | undefined;
}

const shape = {
  ...transitShape,
  context: optional(functionRule<BytesOfPlace>()),
  associatedData: optional(functionRule<BytesOfPlace>()),
  as: asRule,
};
const name = 'vault-transit';

/**
 * Reads what the transit engine of HashiCorp Vault or OpenBao encrypted: `vault:v1:…`. The value is opened by the
 * server, one call for each, over verified TLS; values up to some 40 KB. The token needs `update` on decrypt of this
 * key and nothing else; take it away when the import is confirmed.
 *
 * The values are authentic; bound to a row they are only where a context or associated data was.
 * @throws SafekeepError at set-up ERR_OPTION_INVALID, ERR_ROOT_KEY_PLAINTEXT; from `read` ERR_FOREIGN_FORMAT,
 * ERR_FOREIGN_KEY (no such key or mount), ERR_FOREIGN_BROKEN (also another context, or a version below `min_decryption_version`), ERR_FOREIGN_VALUE,
 * ERR_ROOT_KEY_REFUSED (token or policy), ERR_ROOT_KEY_UNAVAILABLE
 * @example
 * const reader = vaultTransitReader({ address: 'https://vault.shop.example:8200', key: 'shop', token: readToken });
 */
export function vaultTransitReader(options: VaultTransitReaderOptions): ForeignReader {
  const { context, associatedData, as, ...read } = readOptions('vaultTransitReader', shape, options);
  const service = createTransitClient({ ...read, owner: 'vaultTransitReader', kind: nameOf(name) });
  const base64 = (made: BytesOfPlace | undefined, place: ForeignPlace): string | undefined =>
    made === undefined ? undefined : bytesOf(made(place)).toString('base64');

  return Object.freeze<ForeignReader>({
    name,
    async read(stored, place) {
      const ciphertext = textOf(stored) ?? '';
      // Nothing of another form is sent out: it may be a customer's plaintext.
      if (!transitText.test(ciphertext)) throw refusal('format', name, place);
      const body = {
        ciphertext,
        context: base64(context, place),
        associated_data: base64(associatedData, place),
      };
      const { status, value: plaintext } = await service.call('decrypt', body, 'plaintext');
      if (status === 404) throw refusal('key', name, place);
      const bytes = fromPadded(plaintext);
      if (bytes === null) throw refusal('broken', name, place);
      const value = as === 'bytes' ? bytes : fromUtf8(bytes);
      if (value === null) throw refusal('value', name, place);
      return value;
    },
  });
}
