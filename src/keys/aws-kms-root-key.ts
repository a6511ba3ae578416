import { SafekeepError } from '../base/errors.js';
import { nameOf, type Statement, say } from '../base/names.js';
import { anyRule, optional, readOptions, required, textRule } from '../base/options.js';
import type { KeySource } from '../base/ports/key-source.js';
import {
  createKeyEndpoint,
  type EndpointAnswer,
  endpointShape,
  fromBase64,
  type KeyEndpointOptions,
} from './key-endpoint.js';
import { type AwsCredentials, signAwsRequest } from './sign-aws-request.js';

export type { AwsCredentials } from './sign-aws-request.js';

export interface AwsKmsRootKeyOptions extends KeyEndpointOptions {
  /** The KMS key: its id, its ARN or `alias/…`. Symmetric, for encryption. */
  readonly key: string;
  /** The key's region, e.g. `eu-central-1`. */
  readonly region: string;
  /** An access key, or a function that gives a fresh one: temporary credentials expire. */
  readonly credentials: AwsCredentials | (() => AwsCredentials | Promise<AwsCredentials>);
  /** Another end point, e.g. of a private network. Default `https://kms.<region>.amazonaws.com`. */
  readonly address?: string | undefined;
}

const owner = 'awsKmsRootKey';
const kind = nameOf('aws-kms');
const shape = {
  ...endpointShape,
  key: required(patternRule(/^[A-Za-z0-9:/_-]{1,2048}$/, say`a key id, an ARN or an alias`)),
  region: required(patternRule(/^[a-z]{2}(-[a-z]+)+-\d$/, say`a region like eu-central-1`)),
  credentials: required(anyRule<AwsKmsRootKeyOptions['credentials']>()),
  address: optional(textRule({ maxLength: 300 })),
};
/** What KMS answers with status 400 and means "later". */
const busy = ['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded'];
/** What it says of whoever asks, not of what was asked. */
const refused = [
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'RequestExpired',
  'UnrecognizedClientException',
];
/** What it says of the key or the ciphertext. */
const broken = [
  'DisabledException',
  'IncorrectKeyException',
  'InvalidCiphertextException',
  'InvalidKeyUsageException',
  'KMSInvalidStateException',
  'NotFoundException',
  'ValidationException',
];

/**
 * The root key as a symmetric key of AWS KMS: it never leaves KMS, and every use is in CloudTrail. The context of each
 * ring key travels as encryption context (`safekeep`, base64url): it is authenticated, it is not secret, and a key
 * policy may demand it. No SDK: two calls, Encrypt and Decrypt, over HTTPS with Signature Version 4.
 *
 * It protects a stolen machine image and a stolen backup, because the right to decrypt can be withdrawn. It does NOT
 * protect against whoever takes over a running server. KMS rotates its own key material without anything to do here;
 * a KMS key that is scheduled for deletion takes every sealed value with it.
 * @throws SafekeepError at set-up ERR_OPTION_INVALID, ERR_ROOT_KEY_PLAINTEXT; at use ERR_ROOT_KEY (another key or
 * context, damaged bytes, a disabled key), ERR_ROOT_KEY_REFUSED (credentials), ERR_ROOT_KEY_UNAVAILABLE. ASVS 5.0 13.3.1.
 * @example
 * const root = awsKmsRootKey({ key: 'alias/shop', region: 'eu-central-1', credentials: readCredentials });
 * const keys = await openKeyRing({ root, database });
 */
export function awsKmsRootKey(options: AwsKmsRootKeyOptions): KeySource {
  const read = readOptions(owner, shape, options);
  const { key, region, credentials, clock } = read;
  if (typeof credentials !== 'function' && !areCredentials(credentials)) {
    const expected = say`an access key, or a function that returns one`;
    throw new SafekeepError('ERR_OPTION_INVALID', { of: nameOf(owner), option: nameOf('credentials'), expected });
  }
  const address = read.address ?? `https://kms.${region}.amazonaws.com`;
  const service = createKeyEndpoint({ ...read, address, owner, kind });

  async function ask(operation: 'Encrypt' | 'Decrypt', body: string): Promise<EndpointAnswer> {
    const given = typeof credentials === 'function' ? await credentials() : credentials;
    if (!areCredentials(given)) {
      throw new SafekeepError('ERR_ROOT_KEY_REFUSED', { root: kind, problem: say`there are no credentials` });
    }
    const headers = {
      host: service.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `TrentService.${operation}`,
    };
    const request = { method: 'POST', path: '/', headers, body, region, service: 'kms' };
    return await service.post({
      path: '/',
      headers: () => signAwsRequest(request, given, clock.nowMs()),
      body,
      isBusy: (answer) => busy.includes(problemOf(answer)),
    });
  }
  async function call(operation: 'Encrypt' | 'Decrypt', parameters: object, wanted: string): Promise<Buffer> {
    const body = JSON.stringify({ KeyId: key, ...parameters });
    let answer = await ask(operation, body);
    // Temporary credentials expired between two calls: the function knows fresh ones.
    if (refused.includes(problemOf(answer)) && typeof credentials === 'function') answer = await ask(operation, body);
    const { status } = answer;
    const problem = problemOf(answer);
    // Only names that are known here reach an error: the rest is a stranger's text.
    const said = [...refused, ...broken].includes(problem) ? nameOf(problem) : undefined;
    if (refused.includes(problem)) throw new SafekeepError('ERR_ROOT_KEY_REFUSED', { root: kind, status, said });
    const value = fromBase64(answer.body[wanted]);
    if (status !== 200 || value === null) throw new SafekeepError('ERR_ROOT_KEY', { root: kind, status, said });
    return value;
  }
  return Object.freeze({
    kind,
    wrap: (material: Uint8Array, context: Uint8Array) =>
      call('Encrypt', { Plaintext: base64(material), EncryptionContext: named(context) }, 'CiphertextBlob'),
    unwrap: (wrapped: Uint8Array, context: Uint8Array) =>
      call('Decrypt', { CiphertextBlob: base64(wrapped), EncryptionContext: named(context) }, 'Plaintext'),
  });
}

function named(context: Uint8Array): object {
  return { safekeep: Buffer.from(context).toString('base64url') };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** The exception's name, without the namespace that some end points put before it. */
function problemOf({ body }: EndpointAnswer): string {
  const type = body['__type'];
  return typeof type === 'string' ? (type.split('#').at(-1) ?? '') : '';
}

function areCredentials(value: unknown): value is AwsCredentials {
  if (typeof value !== 'object' || value === null) return false;
  const { accessKeyId, secretAccessKey, sessionToken = 'none' } = value as Record<string, unknown>;
  return [accessKeyId, secretAccessKey, sessionToken].every(
    (part) => typeof part === 'string' && /^[\x21-\x7e]{1,8192}$/.test(part),
  );
}

function patternRule(pattern: RegExp, expected: Statement): Parameters<typeof required<string>>[0] {
  return { check: (value) => (typeof value === 'string' && pattern.test(value) ? undefined : expected) };
}
