import { X509Certificate } from 'node:crypto';
import { SafekeepError } from '../base/errors.js';

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** Other things in the file, such as the key or the parameters of its curve, are nobody's business here. */
const anyBlock = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/**
 * Every certificate of a PEM file, in its order.
 * @throws for a file caught half-written: the server's own certificate may be whole already, and the one that clients
 *   need beside it not
 */
export function certificatesIn(pem: Buffer): readonly X509Certificate[] {
  const text = pem.toString('latin1');
  const rest = text.replace(anyBlock, '');
  if (rest.includes('-----') || rest.trimEnd().endsWith('-')) throw new Error('cut off');
  return [...text.matchAll(block)].map(([one]) => new X509Certificate(one));
}

/**
 * Makes sure that each certificate was issued by the next, and that none of them has run out: clients refuse a chain
 * with a gap, and a server that serves it looks sound from the inside. It does NOT look for the root, which clients hold.
 * RFC 8446 section 4.4.2.
 * @throws SafekeepError ERR_CERTIFICATE_CHAIN with the place of the one that does not fit, from 0
 */
export function assertChain(chain: readonly X509Certificate[], nowMs: number): void {
  for (const [place, certificate] of chain.entries()) {
    if (place === 0) continue;
    const subject = chain[place - 1];
    const issued = subject?.checkIssued(certificate) === true && subject.verify(certificate.publicKey);
    const inForce = nowMs >= Date.parse(certificate.validFrom) && nowMs < Date.parse(certificate.validTo);
    if (!issued || !certificate.ca || !inForce) throw new SafekeepError('ERR_CERTIFICATE_CHAIN', { place });
  }
}
