import { SafekeepError } from '../base/errors.js';
import { type Name, nameOf, say } from '../base/names.js';
import { anyRule, optional, type Rule, required, textRule, withDefault } from '../base/options.js';
import { createKeyEndpoint, type EndpointAnswer, endpointShape, type KeyEndpointOptions } from './key-endpoint.js';

type Token = string | (() => string | Promise<string>);

/** How a key of the transit engine of Vault or OpenBao is reached. */
export interface TransitOptions extends KeyEndpointOptions {
  /** Where Vault or OpenBao listens: `https://vault.shop.example:8200`. */
  readonly address: string;
  /** The name of the transit key. */
  readonly key: string;
  /** A token that may `update` what is asked of this key, or a function that gives a fresh one. */
  readonly token: Token;
  /** The path the transit engine is mounted at. Default `transit`. */
  readonly mount?: string | undefined;
  /** The namespace, where the server has them. */
  readonly namespace?: string | undefined;
}

interface TransitShape {
  readonly address: Rule<string>;
  readonly key: Rule<string>;
  readonly token: Rule<Token>;
  readonly mount: Rule<string>;
  readonly namespace: Rule<string | undefined>;
}
export const transitShape: typeof endpointShape & TransitShape = {
  ...endpointShape,
  address: required(textRule({ maxLength: 300 })),
  key: required(pathRule(1)),
  token: required(anyRule<Token>()),
  mount: withDefault(pathRule(8), 'transit'),
  namespace: optional(pathRule(8)),
};

/** What transit stores and answers with: the version of the key, then base64. */
export const transitText: RegExp = /^vault:v[1-9]\d{0,8}:[A-Za-z0-9+/]+={0,2}$/;

export interface TransitClient {
  /**
   * The member `wanted` of the answer's data; only the status where the service refused the value itself.
   * @throws SafekeepError ERR_ROOT_KEY_REFUSED for the token or its policy, ERR_ROOT_KEY_UNAVAILABLE
   */
  call(
    operation: 'encrypt' | 'decrypt',
    body: object,
    wanted: string,
  ): Promise<{ readonly status: number; readonly value?: string }>;
}

interface Settings {
  readonly owner: string;
  readonly kind: Name;
  readonly address: string;
  readonly key: string;
  readonly token: Token;
  readonly mount: string;
  readonly namespace: string | undefined;
}

/** @throws SafekeepError ERR_OPTION_INVALID, ERR_ROOT_KEY_PLAINTEXT */
export function createTransitClient(
  settings: Settings & Omit<Parameters<typeof createKeyEndpoint>[0], keyof Settings>,
): TransitClient {
  const { owner, kind, key, token, mount, namespace } = settings;
  if (typeof token !== 'function' && !isToken(token)) {
    const expected = say`a token, or a function that returns one`;
    throw new SafekeepError('ERR_OPTION_INVALID', { of: nameOf(owner), option: nameOf('token'), expected });
  }
  const service = createKeyEndpoint(settings);

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
  return {
    async call(operation, body, wanted) {
      let answer = await ask(operation, body);
      // The token expired between two calls: the function knows a fresh one.
      if (answer.status === 403 && typeof token === 'function') answer = await ask(operation, body);
      const { status } = answer;
      if (status === 403 || status === 401) throw new SafekeepError('ERR_ROOT_KEY_REFUSED', { root: kind, status });
      const data = answer.body['data'];
      const value = typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[wanted] : undefined;
      return status === 200 && typeof value === 'string' ? { status, value } : { status };
    },
  };
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
