import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Random, systemClock, systemRandom } from '../../base/clock.js';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, pathName, say } from '../../base/names.js';
import {
  functionRule,
  integerRule,
  listRule,
  objectRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../../base/options.js';
import { loadPeer } from '../../base/peer.js';
import { writeWhole } from '../development-files.js';
import { readTlsPair, type TlsPair } from '../tls-pair.js';
import { accountKey, newKey } from './account-key.js';
import { type AcmeChallenges, createPendingChallenges } from './challenges.js';
import { type AcmeFollowing, type AcmeFollowOptions, followAcme } from './follow-acme.js';
import { orderCertificate } from './order.js';

export interface AcmeCertificatesOptions {
  /** Where the account's key and the certificate lie; made with mode 0700. Keep it out of version control. */
  readonly directory: string;
  /** 1 to 100 names the certificate is for, the server's own first, e.g. `['shop.example']`. No wildcard: http-01 proves none. */
  readonly hosts: readonly string[];
  /** The authority's directory, e.g. `https://acme-v02.api.letsencrypt.org/directory`. */
  readonly directoryUrl: string;
  /** That you have read and accept the authority's terms; nobody can do that for you. */
  readonly acceptTerms: true;
  /** Where the authority may write to, e.g. of an incident. Default: nowhere. */
  readonly email?: string | undefined;
  /** What an authority that knows its customers gave you: external account binding (RFC 8555 section 7.3.4). Default none. */
  readonly externalAccount?: { readonly kid: string; readonly hmacKey: string } | undefined;
  /** Longest time for one order, in ms. 1,000 to 3,600,000; default 300,000. */
  readonly timeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface AcmeCertificates {
  /**
   * Path of key and chain in one file, mode 0600: give it to `createTlsServer` as both. A rename puts a new one in its
   * place, so that no reader finds the key of one and the certificate of another.
   */
  readonly pem: string;
  /** For `createPlaintextServer`: the one thing beside health paths that it answers in plaintext, while an order is pending. */
  readonly challenges: AcmeChallenges;
  /** Issues when there is no certificate that can be served; `follow` renews one that is due. @throws SafekeepError as `renew` */
  ensure(): Promise<{ readonly expiresAtMs: number; readonly issued: boolean }>;
  /**
   * Issues a new one, under a new key. What lies in the file is replaced only by what can be served.
   * @throws SafekeepError ERR_ACME_ORDER, ERR_CERTIFICATE_FILES, ERR_CERTIFICATE_*
   */
  renew(): Promise<{ readonly expiresAtMs: number }>;
  /** Renews when a third of the life is left. @throws SafekeepError ERR_OPTION_* */
  follow(options?: AcmeFollowOptions): AcmeFollowing;
}

const hostName = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;
const shape = {
  directory: required(textRule()),
  hosts: required({
    check: (value: unknown) =>
      Array.isArray(value) && (value.length < 1 || value.length > 100)
        ? say`1 to 100 hosts`
        : listRule<string>({
            check: (host) =>
              typeof host === 'string' && hostName.test(host) ? undefined : say`a full host name in lower case`,
          }).check(value),
    type: [] as readonly string[],
  }),
  directoryUrl: required({
    check: (value: unknown) =>
      typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:'
        ? undefined
        : say`an https address`,
    type: '' as string,
  }),
  acceptTerms: required({
    check: (value: unknown) => (value === true ? undefined : say`true, once you have read the authority's terms`),
    type: true as boolean,
  }),
  email: optional(textRule({ maxLength: 254 })),
  externalAccount: optional(objectRule<{ readonly kid: string; readonly hmacKey: string }>()),
  timeoutMs: withDefault(integerRule({ min: 1000, max: 3_600_000 }), 300_000),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
  random: withDefault(objectRule<Random>('below'), systemRandom),
};
const followShape = {
  everyMs: withDefault(integerRule({ min: 60_000, max: 86_400_000 }), 3_600_000),
  onRenewed: optional(functionRule<NonNullable<AcmeFollowOptions['onRenewed']>>()),
  onFailed: optional(functionRule<NonNullable<AcmeFollowOptions['onFailed']>>()),
};

/**
 * Certificates from an ACME authority such as Let's Encrypt: issued, and renewed when a third of their life is left,
 * by http-01 over the plaintext listener. Stands on `acme-client` (optional peer). EC P-256, a new key each time. A
 * failed order leaves what is there. RFC 8555.
 *
 * One process orders, and has the plaintext listener: pending challenges are in its memory. Others that serve the same
 * file follow it. It does NOT prove names by DNS, revoke, or wait for a network: an authority behind a CA of its own is
 * trusted by `NODE_EXTRA_CA_CERTS`.
 * @throws SafekeepError ERR_OPTION_*
 * @example
 * const acme = createAcmeCertificates({ directory: 'acme', hosts: ['shop.example'], directoryUrl, acceptTerms: true });
 * const plain = createPlaintextServer({ origin: 'https://shop.example', challenges: acme.challenges });
 * await plain.listen();
 * await acme.ensure();
 * const tls = createTlsServer(app, { origin: 'https://shop.example', key: acme.pem, cert: acme.pem });
 */
export function createAcmeCertificates(options: AcmeCertificatesOptions): AcmeCertificates {
  const { directory, hosts, clock, random, timeoutMs, ...rest } = readOptions('createAcmeCertificates', shape, options);
  const pem = join(directory, 'certificate.pem');
  const challenges = createPendingChallenges();

  /** Readable, a pair, in force and for every host; else null. */
  function present(): TlsPair | null {
    try {
      const source = { key: pem, cert: pem };
      return hosts.map((host) => readTlsPair(source, clock, host))[0] ?? null;
    } catch {
      return null;
    }
  }

  async function order(): Promise<{ readonly expiresAtMs: number }> {
    const acme = await loadPeer('acme-client', () => import('acme-client'));
    await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      throw new SafekeepError('ERR_CERTIFICATE_FILES', {
        path: pathName(directory),
        reason: nameOf(String(error.code)),
      });
    });
    const key = newKey();
    const account = await accountKey(join(directory, 'account-key.pem'));
    const time = new AbortController();
    const chain = await within(timeoutMs, time, () =>
      orderCertificate({ acme, accountKey: account, hosts, key, challenges, signal: time.signal, ...rest }),
    );
    const both = `${key}${chain}`;
    // Before it lies where servers look: what cannot be served replaces nothing.
    const [pair] = hosts.map((host) => readTlsPair({ key: both, cert: both }, clock, host));
    await writeWhole(pem, both, 0o600);
    return { expiresAtMs: pair?.expiresAtMs ?? 0 };
  }
  // One order at a time: who asks meanwhile gets the same one.
  let ordering: Promise<{ readonly expiresAtMs: number }> | undefined;
  function renew(): Promise<{ readonly expiresAtMs: number }> {
    ordering ??= order().finally(() => {
      ordering = undefined;
    });
    return ordering;
  }

  return Object.freeze({
    pem,
    challenges: Object.freeze({ answer: challenges.answer }),
    renew,
    async ensure() {
      const there = present();
      if (there !== null) return { expiresAtMs: there.expiresAtMs, issued: false };
      return { ...(await renew()), issued: true };
    },
    follow(given: AcmeFollowOptions = {}) {
      return followAcme({ options: readOptions('follow', followShape, given), clock, random, present, renew });
    },
  });
}

/** An authority that never answers must not keep the next attempt waiting for ever. */
async function within<T>(ms: number, time: AbortController, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      time.abort();
      reject(new SafekeepError('ERR_ACME_ORDER', { step: nameOf('time') }));
    }, ms).unref();
  });
  try {
    return await Promise.race([work(), over]);
  } finally {
    clearTimeout(timer);
  }
}
