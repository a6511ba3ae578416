import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Clock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { type Name, nameOf, pathName } from '../base/names.js';
import { assertChain, certificatesIn } from './tls-chain.js';

export interface TlsPairSource {
  /** Path of the private key, or the key itself as PEM. */
  readonly key: string | Buffer;
  /** Path of the certificate with its chain, or the chain itself as PEM, the server's own certificate first. */
  readonly cert: string | Buffer;
}

export interface TlsPair {
  readonly key: Buffer;
  readonly cert: Buffer;
  readonly beginsAtMs: number;
  readonly expiresAtMs: number;
  /** SHA-256 of the server's own certificate, as `X509Certificate` prints it. */
  readonly fingerprint: string;
}

/**
 * Reads a key and its certificate, and makes sure that a server can serve them: Node takes a certificate of another
 * key type without a word and every handshake fails from then on. It does NOT ask whether clients trust the issuer.
 * @param host the name clients connect to; when given, the certificate must be for it
 * @throws SafekeepError ERR_CERTIFICATE_UNREADABLE, ERR_CERTIFICATE_PAIR, ERR_CERTIFICATE_DATES, ERR_CERTIFICATE_NAME,
 *   ERR_CERTIFICATE_CHAIN
 */
export function readTlsPair(source: TlsPairSource, clock: Clock, host?: string): TlsPair {
  const cert = pemOf(source.cert, 'cert');
  const key = pemOf(source.key, 'key');
  const certificate = parsed('cert', source.cert, () => new X509Certificate(cert));
  const privateKey: KeyObject = parsed('key', source.key, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) throw new SafekeepError('ERR_CERTIFICATE_PAIR');
  const now = clock.nowMs();
  const expiresAtMs = Date.parse(certificate.validTo);
  const beginsAtMs = Date.parse(certificate.validFrom);
  if (!(now >= beginsAtMs && now < expiresAtMs)) {
    throw new SafekeepError('ERR_CERTIFICATE_DATES', { beginsAtMs, expiresAtMs, nowMs: now });
  }
  if (host !== undefined && !isCertificateFor(certificate, host)) {
    throw new SafekeepError('ERR_CERTIFICATE_NAME', { host: nameOf(host) });
  }
  assertChain(
    parsed('cert', source.cert, () => certificatesIn(cert)),
    now,
  );
  return { key, cert, beginsAtMs, expiresAtMs, fingerprint: certificate.fingerprint256 };
}

/** Whether its subjectAltName has the host; a common name counts for nothing (RFC 9525 section 2). */
export function isCertificateFor(certificate: X509Certificate, host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  const match = isIP(bare) === 0 ? certificate.checkHost(bare, { subject: 'never' }) : certificate.checkIP(bare);
  return match !== undefined;
}

function pemOf(source: string | Buffer, part: 'key' | 'cert'): Buffer {
  if (typeof source !== 'string') return source;
  if (source.includes('-----BEGIN ')) return Buffer.from(source);
  try {
    return readFileSync(source);
  } catch (error) {
    const reason = nameOf(String((error as NodeJS.ErrnoException).code));
    throw new SafekeepError('ERR_CERTIFICATE_UNREADABLE', { part: nameOf(part), path: pathName(source), reason });
  }
}

/** A key's own text must not reach an error: what OpenSSL says of it is dropped. */
function parsed<T>(part: 'key' | 'cert', source: string | Buffer, parse: () => T): T {
  try {
    return parse();
  } catch {
    const path: Name | undefined =
      typeof source === 'string' && !source.includes('-----BEGIN ') ? pathName(source) : undefined;
    throw new SafekeepError('ERR_CERTIFICATE_UNREADABLE', { part: nameOf(part), path, reason: nameOf('not-PEM') });
  }
}
