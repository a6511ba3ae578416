import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import type { Random } from '../base/clock.js';
import { type DevelopmentPaths, writeWhole } from './development-files.js';
import { caExtensions, keyIdentifier, leafExtensions } from './extensions.js';
import { type Forge, signCertificate } from './sign-certificate.js';

/** What one run of issuing works with. */
export interface Issue {
  readonly forge: Forge;
  readonly paths: DevelopmentPaths;
  readonly hosts: readonly string[];
  readonly random: Random;
  readonly nowMs: number;
}

export interface Authority {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
  readonly issued: boolean;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** What Apple's systems accept of a CA that a user added. */
const caDays = 825;
/** Mozilla guideline 6.0 recommends 90 days for a server's certificate. */
const leafDays = 90;

export async function newAuthority({ forge, paths, hosts, random, nowMs }: Issue): Promise<Authority> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // The name differs per key: two CAs of one name and different keys confuse trust stores.
  const subject = `Development CA ${Buffer.from(keyIdentifier(publicKey), 'latin1').toString('hex', 0, 4)}`;
  const pem = signCertificate(forge, random, {
    subject,
    issuer: subject,
    ...life(nowMs, caDays),
    publicKey,
    signingKey: privateKey,
    extensions: caExtensions(forge, publicKey, hosts),
  });
  await writeWhole(paths.caKey, keyPem(privateKey), 0o600);
  await writeWhole(paths.ca, pem, 0o644);
  return { certificate: new X509Certificate(pem), key: privateKey, issued: true };
}

export async function newLeaf(issue: Issue, authority: Authority): Promise<X509Certificate> {
  const { forge, paths, hosts, random, nowMs } = issue;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = signCertificate(forge, random, {
    subject: 'Development server',
    issuer: authority.certificate.subject.replace(/^CN=/, ''),
    ...life(nowMs, leafDays),
    publicKey,
    signingKey: authority.key,
    extensions: leafExtensions(forge, publicKey, authority.certificate.publicKey, hosts),
  });
  await writeWhole(paths.key, keyPem(privateKey), 0o600);
  await writeWhole(paths.cert, pem, 0o644);
  return new X509Certificate(pem);
}

/** From an hour back, for virtual machines whose clock is behind. The last second counts, so one less than the days. */
function life(nowMs: number, days: number): { notBeforeMs: number; notAfterMs: number } {
  const notBeforeMs = nowMs - hourMs;
  return { notBeforeMs, notAfterMs: notBeforeMs + days * dayMs - 1000 };
}

function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
