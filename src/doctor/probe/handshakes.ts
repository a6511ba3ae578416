import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  connect,
  getCiphers,
  type PeerCertificate,
  type SecureVersion,
  type TLSSocket,
} from 'node:tls';
import { isCertificateFor } from '../../certificates/tls-pair.js';
import { mozillaIntermediate } from '../../transport/tls-profile.js';
import type { CertificateView, TlsView } from '../subject.js';
import type { Target } from './exchange.js';

const versions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const dated: ReadonlySet<string> = new Set<string>(mozillaIntermediate.ciphers);
/** Never negotiated with a certificate. */
const keyless = /PSK|SRP|^TLS_/;
/** OpenSSL refuses what is weak by itself; whoever asks whether a server takes it has to be able to offer it. */
const evenWeak = '@SECLEVEL=0';
const mostStrays = 40;

/**
 * Shakes hands until it is known what a server agrees to: each version alone, HTTP/2, and one by one the suites beyond
 * the guideline that this Node's OpenSSL has. Nothing is asked of the application.
 * @returns undefined when no handshake succeeds
 */
export async function lookAtTls(target: Target, limitMs: number): Promise<TlsView | undefined> {
  const agreed: string[] = [];
  for (const version of versions) {
    const ciphers = `ALL:${evenWeak}`;
    if ((await shake(target, { minVersion: version, maxVersion: version, ciphers }, limitMs)) !== undefined)
      agreed.push(version);
  }
  if (agreed.length === 0) return undefined;
  return {
    host: target.host,
    versions: agreed,
    strays: await straySuites(target, limitMs),
    http2: (await shake(target, { ALPNProtocols: ['h2', 'http/1.1'] }, limitMs))?.protocol === 'h2',
  };
}

/** The server picks; what it picked is taken from the offer, until it wants none of what is left. */
async function straySuites(target: Target, limitMs: number): Promise<readonly string[]> {
  let offer = getCiphers()
    .map((name) => name.toUpperCase())
    .filter((name) => !keyless.test(name) && !dated.has(name));
  const taken: string[] = [];
  while (offer.length > 0 && taken.length < mostStrays) {
    const ciphers = `${offer.join(':')}:${evenWeak}`;
    const suite = (await shake(target, { minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers }, limitMs))?.suite;
    if (suite === undefined || !offer.includes(suite)) break;
    taken.push(suite);
    offer = offer.filter((name) => name !== suite);
  }
  return taken;
}

/** @param authorities PEM of further roots to trust. @returns undefined when no handshake succeeds */
export async function lookAtCertificate(
  target: Target,
  authorities: readonly string[],
  limitMs: number,
): Promise<CertificateView | undefined> {
  const shaken = await shake(target, {}, limitMs);
  if (shaken === undefined) return undefined;
  const leaf = shaken.certificates[0];
  if (leaf === undefined) return undefined;
  const known = authorities.length === 0 ? undefined : await shake(target, { ca: [...authorities] }, limitMs);
  const key = leaf.publicKey;
  const details = key.asymmetricKeyDetails;
  const ownAuthority = known !== undefined && known.problem === undefined;
  return {
    problem: ownAuthority ? undefined : shaken.problem,
    ownAuthority: ownAuthority && shaken.problem !== undefined,
    selfSigned: leaf.issuer === leaf.subject,
    pointsToIssuer: /CA Issuers/.test(leaf.infoAccess ?? ''),
    length: shaken.certificates.length,
    coversHost: isCertificateFor(leaf, target.host),
    host: target.host,
    beginsAtMs: Date.parse(leaf.validFrom),
    endsAtMs: Date.parse(leaf.validTo),
    keyType: key.asymmetricKeyType ?? 'unknown',
    keyBits: details?.modulusLength,
    curve: details?.namedCurve,
    signedWithSha1: isSignedWithSha1(leaf.raw),
    fingerprint: leaf.fingerprint256,
  };
}

interface Shaken {
  readonly suite: string;
  readonly protocol: string;
  readonly problem: string | undefined;
  readonly certificates: readonly X509Certificate[];
}

function shake(target: Target, how: ConnectionOptions, limitMs: number): Promise<Shaken | undefined> {
  return new Promise((resolve) => {
    const { address, port, host } = target;
    const servername = isIP(host) === 0 ? { servername: host } : {};
    let socket: TLSSocket;
    try {
      // What it is trusted for is asked, not needed: an expired certificate has to be looked at too.
      socket = connect({ host: address, port, ...servername, ...how, rejectUnauthorized: false });
    } catch {
      // A version or suite that this Node's OpenSSL was built without.
      return void resolve(undefined);
    }
    const timer = setTimeout(() => end(undefined), limitMs);
    function end(shaken: Shaken | undefined): void {
      clearTimeout(timer);
      socket.destroy();
      resolve(shaken);
    }
    socket.once('secureConnect', () => {
      const problem: unknown = socket.authorizationError;
      end({
        suite: socket.getCipher().name,
        protocol: socket.alpnProtocol === false || socket.alpnProtocol === null ? '' : socket.alpnProtocol,
        // A name that differs is a finding of its own, and says nothing of the chain.
        problem: socket.authorized || problem === undefined ? undefined : codeOf(problem),
        certificates: chainOf(socket.getPeerCertificate(true)),
      });
    });
    socket.on('error', () => end(undefined)).on('close', () => end(undefined));
  });
}

function codeOf(problem: unknown): string | undefined {
  const code = problem instanceof Error ? (problem as NodeJS.ErrnoException).code : String(problem);
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? undefined : (code ?? 'unknown');
}

/** As it was sent, and what Node's own roots add to it: the root closes the circle. */
function chainOf(peer: PeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  for (let at: PeerCertificate | undefined = peer; at?.raw !== undefined && !seen.has(at.fingerprint256); ) {
    seen.add(at.fingerprint256);
    chain.push(new X509Certificate(at.raw));
    at = (at as { readonly issuerCertificate?: PeerCertificate }).issuerCertificate;
  }
  return chain;
}

/** sha1WithRSAEncryption and ecdsa-with-SHA1, as DER writes the identifiers; Node 20 tells no signature's algorithm. */
const sha1Identifiers = ['06092a864886f70d010105', '06072a8648ce3d0401'].map((hex) => Buffer.from(hex, 'hex'));

function isSignedWithSha1(der: Buffer): boolean {
  return sha1Identifiers.some((identifier) => der.includes(identifier));
}
