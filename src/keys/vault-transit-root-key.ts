import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import { readOptions } from '../base/options.js';
import type { KeySource } from '../base/ports/key-source.js';
import { fromBase64 } from './key-endpoint.js';
import { createTransitClient, type TransitOptions, transitShape, transitText } from './transit-client.js';

/** The transit key must be of an AEAD type (`aes256-gcm96`, its default) and not derived. */
export interface VaultTransitRootKeyOptions extends TransitOptions {}

const kind = nameOf('vault-transit');
const shape = { ...transitShape };

/**
 * The root key as a key of the transit engine of HashiCorp Vault or OpenBao: it never leaves the server, and every use
 * is in the server's audit log. The context of each ring key travels as associated data.
 *
 * It protects a stolen machine image and a stolen backup, because the token can be revoked. It does NOT protect against
 * whoever takes over a running server: that has a token too, and the unwrapped ring in memory. Rotating the transit key
 * keeps old ring keys readable until `min_decryption_version` passes them; stage new ones before it does.
 * @throws SafekeepError at set-up ERR_OPTION_INVALID, ERR_ROOT_KEY_PLAINTEXT; at use ERR_ROOT_KEY (another key, context
 * or version, damaged bytes), ERR_ROOT_KEY_REFUSED (token or policy), ERR_ROOT_KEY_UNAVAILABLE. ASVS 5.0 13.3.1.
 * @example
 * const root = vaultTransitRootKey({ address: 'https://vault.shop.example:8200', key: 'shop', token: readToken });
 * const keys = await openKeyRing({ root, database });
 */
export function vaultTransitRootKey(options: VaultTransitRootKeyOptions): KeySource {
  const read = readOptions('vaultTransitRootKey', shape, options);
  const service = createTransitClient({ ...read, owner: 'vaultTransitRootKey', kind });

  async function call(operation: 'encrypt' | 'decrypt', body: object, wanted: string): Promise<string> {
    const { status, value } = await service.call(operation, body, wanted);
    if (value === undefined) throw new SafekeepError('ERR_ROOT_KEY', { root: kind, status });
    return value;
  }
  return Object.freeze({
    kind,
    async wrap(material: Uint8Array, context: Uint8Array) {
      const body = { plaintext: base64(material), associated_data: base64(context) };
      const ciphertext = await call('encrypt', body, 'ciphertext');
      if (!transitText.test(ciphertext)) throw new SafekeepError('ERR_ROOT_KEY', { root: kind, status: 200 });
      return Buffer.from(ciphertext, 'latin1');
    },
    async unwrap(wrapped: Uint8Array, context: Uint8Array) {
      const ciphertext = Buffer.from(wrapped).toString('latin1');
      // Wrapped by another kind of root key: nothing a server has to see.
      if (!transitText.test(ciphertext)) throw new SafekeepError('ERR_ROOT_KEY', { root: kind });
      const plaintext = fromBase64(
        await call('decrypt', { ciphertext, associated_data: base64(context) }, 'plaintext'),
      );
      if (plaintext === null) throw new SafekeepError('ERR_ROOT_KEY', { root: kind });
      return plaintext;
    },
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
