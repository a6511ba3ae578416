import type { IncomingMessage } from 'node:http';
import { say } from '../base/names.js';
import {
  functionRule,
  listRule,
  objectRule,
  optional,
  originRule,
  type Read,
  type Rule,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { AcmeChallenges } from '../certificates/index.js';
import type { ExposedCredential, PlaintextRules } from './plaintext-answer.js';

export interface PlaintextOptions {
  /** Where the application is: `https://shop.example`. Redirects go here and nowhere else. */
  readonly origin: string;
  /**
   * What is for programs and is never redirected, since a program follows silently and sends its next credential in
   * plaintext again: path prefixes such as `['/api/']`, or a predicate. Default none; a client that prefers JSON to
   * HTML is a program anywhere.
   */
  readonly apiPaths?: readonly string[] | ((path: string) => boolean) | undefined;
  /** Names of your own cookies that are credentials. Any other cookie is none. Default none. */
  readonly cookies?: readonly string[] | undefined;
  /** Exact paths that answer 204 to GET and HEAD, in plaintext and for any Host, for load balancers. Default none. */
  readonly health?: readonly string[] | undefined;
  /**
   * From `createAcmeCertificates`: a challenge is answered in plaintext at its exact path while it is pending, as its
   * authority asks it (RFC 8555 section 8.3). Default none.
   */
  readonly challenges?: AcmeChallenges | undefined;
  /**
   * Told of credentials that came in plaintext, after the answer has left; revoke them. Anyone can call it with
   * guesses, so limit it per client (IETF draft-ietf-httpapi-privacy). A failure of it becomes a process warning.
   */
  readonly onExposedCredential?: ((exposed: readonly ExposedCredential[], req: IncomingMessage) => unknown) | undefined;
}

const path = {
  check: (value: unknown) =>
    typeof value === 'string' && /^\/[\x21-\x7e]*$/.test(value) ? undefined : say`a path that begins with a slash`,
};
type ApiPaths = NonNullable<PlaintextOptions['apiPaths']>;
type Hook = NonNullable<PlaintextOptions['onExposedCredential']>;

export const plaintextShape: {
  readonly origin: Rule<string>;
  readonly apiPaths: Rule<ApiPaths>;
  readonly cookies: Rule<readonly string[]>;
  readonly health: Rule<readonly string[]>;
  readonly challenges: Rule<AcmeChallenges | undefined>;
  readonly onExposedCredential: Rule<Hook | undefined>;
} = {
  origin: required(originRule()),
  apiPaths: withDefault(
    {
      check: (value: unknown) => (typeof value === 'function' ? undefined : listRule<string>(path).check(value)),
      type: [] as ApiPaths,
    },
    [],
  ),
  cookies: withDefault(listRule(textRule({ maxLength: 256 })), []),
  health: withDefault(listRule<string>(path), []),
  challenges: optional(objectRule<AcmeChallenges>('answer')),
  onExposedCredential: optional(functionRule<Hook>()),
};
/** The rules as the answer takes them. */
export function plaintextRules({ apiPaths, ...rest }: Read<typeof plaintextShape>): PlaintextRules {
  const isApi =
    typeof apiPaths === 'function' ? apiPaths : (path: string) => apiPaths.some((prefix) => path.startsWith(prefix));
  return { ...rest, isApi };
}
