import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { anyRule, optional, readOptions, required, textRule, withDefault } from '../base/options.js';
import type { KeySource } from '../base/ports/key-source.js';
import {
  createKeyEndpoint,
  type EndpointAnswer,
  endpointShape,
  fromBase64,
  type KeyEndpointOptions,
} from './key-endpoint.js';

export interface VaultTransitRootKeyOptions extends KeyEndpointOptions {
  /** Where Vault or OpenBao listens: `https://vault.shop.example:8200`. */
  readonly address: string;
  /** The name of the transit key. It must be of an AEAD type (`aes256-gcm96`, its default) and not derived. */
  readonly key: string;
  /** A token that may `update` encrypt and decrypt of this key, or a function that gives a fresh one. */
  readonly token: string | (() => string | Promise<string>);
  /** The path the transit engine is mounted at. Default `transit`. */
  readonly mount?: string | undefined;
  /** The namespace, where the server has them. */
  readonly namespace?: string | undefined;
}

const kind = nameOf('vault-transit');
const shape = {
  ...endpointShape,
  address: required(textRule({ maxLength: 300 })),
  key: required(pathRule(1)),
  token: required(anyRule<string | (() => string | Promise<string>)>()),
  mount: withDefault(pathRule(8), 'transit'),
  namespace: optional(pathRule(8)),
};

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
  const { key, token, mount, namespace } = read;
  if (typeof token !== 'function' && !isToken(token)) {
    const expected = say`a token, or a function that returns one`;
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('vaultTransitRootKey'),
      option: nameOf('token'),
      expected,
    });
  }
  const service = createKeyEndpoint({ ...read, owner: 'vaultTransitRootKey', kind });

  async function ask(operation: 'encrypt' | 'decrypt', body: object): Promise<EndpointAnswer> {
    const given = typeof token === 'function' ? await token() : token;
    if (!isToken(given))
      throw new SafekeepError('ERR_ROOT_KEY_REFUSED', { root: kind, problem: say`there is no token` });
    return await service.post({
      path: `/v1/${mount}/${operation}/${key}`,
      headers: () => ({
        'content-type': 'application/json',
        'x-vault-token': given,
        'x-vault-request': 'true',
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
      }),
      body: JSON.stringify(body),
    });
  }
  async function call(operation: 'encrypt' | 'decrypt', body: object, wanted: string): Promise<string> {
    let answer = await ask(operation, body);
    // The token expired between two calls: the function knows a fresh one.
    if (answer.status === 403 && typeof token === 'function') answer = await ask(operation, body);
    const { status } = answer;
    if (status === 403 || status === 401) throw new SafekeepError('ERR_ROOT_KEY_REFUSED', { root: kind, status });
    const data = answer.body['data'];
    const value = typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[wanted] : undefined;
    if (status !== 200 || typeof value !== 'string') throw new SafekeepError('ERR_ROOT_KEY', { root: kind, status });
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

const transitText = /^vault:v[1-9]\d{0,8}:[A-Za-z0-9+/]+={0,2}$/;

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** What a header can carry. */
function isToken(token: unknown): token is string {
  return typeof token === 'string' && /^[\x21-\x7e]{1,4096}$/.test(token);
}

/** Names between slashes that mean themselves in a URL. */
function pathRule(mostParts: number): Parameters<typeof required<string>>[0] {
  return {
    check: (value) => {
      const parts = typeof value === 'string' ? value.split('/') : [];
      const isName =
        parts.length > 0 && parts.length <= mostParts && parts.every((part) => /^\w[\w.-]{0,127}$/.test(part));
      return isName ? undefined : say`letters, digits, - _ and . in up to ${mostParts} parts`;
    },
  };
}
