import { type Clock, type Random, systemClock, systemRandom } from '../base/clock.js';
import { say } from '../base/names.js';
import { listRule, objectRule, readOptions, required, textRule, withDefault } from '../base/options.js';
import { canonicalAddress } from '../http/index.js';
import { developmentPaths, underLock } from './development-files.js';
import { newAuthority, newLeaf } from './development-issue.js';
import { storedAuthority, storedLeaf } from './development-stored.js';

export interface DevelopmentCertificatesOptions {
  /** Where the four files live; made with mode 0700 when it is not there. Keep it out of version control. */
  readonly directory: string;
  /** 1 to 20 names and addresses the server is reached by, e.g. `['localhost', '127.0.0.1', '::1', 'shop.test']`. */
  readonly hosts: readonly string[];
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface DevelopmentCertificates {
  /** Path of the CA certificate: what a browser or `NODE_EXTRA_CA_CERTS` is told to trust. */
  readonly ca: string;
  /** Path of the server's certificate. */
  readonly cert: string;
  /** Path of the server's private key, mode 0600. */
  readonly key: string;
  /** When the server's certificate ends; it is issued anew at a third of its life. */
  readonly expiresAtMs: number;
  /** Whether the server's certificate was issued by this call. */
  readonly issued: boolean;
  /** Whether the CA was issued by this call, so that it has to be trusted anew. */
  readonly caIssued: boolean;
}

const hostName = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const hostRule = {
  check: (value: unknown) =>
    typeof value === 'string' && (hostName.test(value) || canonicalAddress(value) === value)
      ? undefined
      : say`a host name in lower case or an address in its shortest form`,
};
const shape = {
  directory: required(textRule()),
  hosts: required({
    check: (value: unknown) =>
      Array.isArray(value) && (value.length < 1 || value.length > 20)
        ? say`1 to 20 hosts`
        : listRule<string>(hostRule).check(value),
    type: [] as readonly string[],
  }),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

/**
 * A certificate for development and tests, from a CA of your own, for a developer's machine. EC P-256; the CA lives
 * 825 days and is bound by critical name constraints to these hosts, `localhost`, `.test` and loopback; the server's
 * certificate lives 90. What is there is kept while it is sound; what is broken, near its end, for other hosts or
 * readable by other users is issued anew. The CA stays as long as it can, so that the trust given to it stays.
 *
 * It does NOT give a certificate for the public: nobody else trusts this CA, and nobody should. Never in production
 * (ASVS 5.0 V12.2.2). Profile: RFC 5280, passing `openssl verify -x509_strict`.
 * @throws SafekeepError ERR_OPTION_* for the set-up; ERR_CERTIFICATE_FILES when the directory cannot be written.
 * @example
 * const dev = await issueDevelopmentCertificates({ directory: 'certs', hosts: ['localhost', '127.0.0.1', '::1'] });
 * const server = createTlsServer(app, { key: dev.key, cert: dev.cert });
 */
export async function issueDevelopmentCertificates(
  options: DevelopmentCertificatesOptions,
): Promise<DevelopmentCertificates> {
  const { directory, hosts, clock, random } = readOptions('issueDevelopmentCertificates', shape, options);
  const paths = developmentPaths(directory);
  const forge = (await import('node-forge')).default;
  return underLock(directory, clock, async () => {
    const issue = { forge, paths, hosts, random, nowMs: clock.nowMs() };
    const authority = (await storedAuthority(issue)) ?? (await newAuthority(issue));
    const stored = await storedLeaf(issue, authority);
    const certificate = stored ?? (await newLeaf(issue, authority));
    return Object.freeze({
      ca: paths.ca,
      cert: paths.cert,
      key: paths.key,
      expiresAtMs: Date.parse(certificate.validTo),
      issued: stored === null,
      caIssued: authority.issued,
    });
  });
}
