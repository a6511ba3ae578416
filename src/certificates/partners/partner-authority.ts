import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../base/clock.js';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, pathName } from '../../base/names.js';
import { isPrivate, writeWhole } from '../development-files.js';
import { keyIdentifier } from '../extensions.js';
import { type Forge, signCertificate } from '../sign-certificate.js';
import { partnerCaExtensions } from './extensions.js';

export interface Authority {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/** A key that others could read, or that is not the certificate's, is refused and not replaced: the partner pins it. */
export async function storedAuthority(folder: string): Promise<Authority | null> {
  const path = join(folder, 'ca-key.pem');
  let pem: Buffer;
  try {
    pem = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unusable(path, String((error as NodeJS.ErrnoException).code));
  }
  try {
    const certificate = new X509Certificate(await readFile(join(folder, 'ca.pem')));
    const key = createPrivateKey(pem);
    if ((await isPrivate(path)) && certificate.checkPrivateKey(key)) return { key, certificate };
  } catch {
    // Told below, without what OpenSSL says of a key.
  }
  throw unusable(path, 'not-usable');
}

function unusable(path: string, reason: string): SafekeepError {
  return new SafekeepError('ERR_CERTIFICATE_FILES', { path: pathName(path), reason: nameOf(reason) });
}

const lifeMs = 3650 * 86_400_000;

export async function newAuthority(
  forge: Forge,
  random: Random,
  folder: string,
  partner: string,
  nowMs: number,
): Promise<Authority> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // Two authorities of one name and different keys would confuse whoever keeps them.
  const subject = `Partner ${partner} ${Buffer.from(keyIdentifier(publicKey), 'latin1').toString('hex', 0, 4)}`;
  const pem = signCertificate(forge, random, {
    subject,
    issuer: subject,
    notBeforeMs: nowMs - 3_600_000,
    notAfterMs: nowMs + lifeMs,
    publicKey,
    signingKey: privateKey,
    extensions: partnerCaExtensions(publicKey),
  });
  await writeWhole(join(folder, 'ca-key.pem'), String(privateKey.export({ type: 'pkcs8', format: 'pem' })), 0o600);
  await writeWhole(join(folder, 'ca.pem'), pem, 0o644);
  return { key: privateKey, certificate: new X509Certificate(pem) };
}
