import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isPrivate } from './development-files.js';
import type { Authority, Issue } from './development-issue.js';
import { nameConstraints, subjectAltName } from './extensions.js';

/** The CA on disk, when it is sound, has life left and is bound to exactly these hosts; else null. */
export async function storedAuthority({ forge, paths, hosts, nowMs }: Issue): Promise<Authority | null> {
  const stored = await readPair(paths.ca, paths.caKey);
  if (stored === null) return null;
  const { certificate } = stored;
  const sound = hasLife(certificate, nowMs) && certificate.verify(certificate.publicKey);
  const bound = certificate.raw.includes(Buffer.from(nameConstraints(forge, hosts), 'latin1'));
  return sound && bound ? { ...stored, issued: false } : null;
}

/** The server's certificate on disk, when this CA signed it for exactly these hosts and it has life left; else null. */
export async function storedLeaf(issue: Issue, authority: Authority): Promise<X509Certificate | null> {
  const { forge, paths, hosts, nowMs } = issue;
  const certificate = (await readPair(paths.cert, paths.key))?.certificate;
  if (certificate === undefined || certificate.ca || !hasLife(certificate, nowMs)) return null;
  const ca = authority.certificate;
  const signed = certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
  const named = certificate.raw.includes(Buffer.from(subjectAltName(forge, hosts), 'latin1'));
  return signed && named ? certificate : null;
}

/** null for files that are missing, broken, readable by others, or not each other's. */
async function readPair(
  certPath: string,
  keyPath: string,
): Promise<{ readonly certificate: X509Certificate; readonly key: KeyObject } | null> {
  try {
    const certificate = new X509Certificate(await readFile(certPath));
    const key = createPrivateKey(await readFile(keyPath));
    return (await isPrivate(keyPath)) && certificate.checkPrivateKey(key) ? { certificate, key } : null;
  } catch {
    return null;
  }
}

/** At least a third of its life is left, and it has begun: a clock set back makes a certificate of the future. */
function hasLife(certificate: X509Certificate, nowMs: number): boolean {
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  return nowMs >= from && nowMs < to - (to - from) / 3;
}
