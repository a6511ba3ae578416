import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, pathName } from '../../base/names.js';

/** What is known of one certificate that a partner holds. Times in ms since 1970. */
export interface PartnerCertificate {
  readonly partner: string;
  /** SHA-256 of the certificate, as `X509Certificate.fingerprint256` prints it. */
  readonly fingerprint: string;
  /** Serial number in hexadecimal, and the name of the files. */
  readonly serial: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | null;
}

export const partnerName: RegExp = /^[a-z][a-z0-9_-]{0,39}$/;

export const registerPath = (directory: string): string => join(directory, 'register.json');
export const caPath = (directory: string, partner: string): string => join(directory, partner, 'ca.pem');

/**
 * The register as it lies on disk, read again when it changed: a look at the file per call, so that a revocation by
 * another process counts from the next request on. What cannot be read is no register: nobody is let in on a guess.
 */
export function watchedRegister(directory: string): () => readonly PartnerCertificate[] {
  const path = registerPath(directory);
  let state = '';
  let entries: readonly PartnerCertificate[] = [];
  return () => {
    const { ino, mtimeNs, size } = attempt(path, () => statSync(path, { bigint: true }));
    const now = `${ino} ${mtimeNs} ${size}`;
    // The file is replaced, never written to: a new one has a new inode, however coarse the clock of the file system.
    if (now !== state) {
      entries = attempt(path, () => parsed(readFileSync(path, 'utf8')));
      state = now;
    }
    return entries;
  };
}

/** The register as it is now; a folder that has none yet has an empty one. @throws ERR_PARTNER_REGISTER */
export function readRegister(directory: string): readonly PartnerCertificate[] {
  const path = registerPath(directory);
  return existsSync(path) ? attempt(path, () => parsed(readFileSync(path, 'utf8'))) : [];
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason = nameOf(typeof code === 'string' ? code : 'not-a-register');
    throw new SafekeepError('ERR_PARTNER_REGISTER', { path: pathName(path), reason });
  }
}

function parsed(text: string): readonly PartnerCertificate[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value) || !value.every(isEntry)) throw new Error('not a register');
  return Object.freeze(value);
}

function isEntry(value: unknown): value is PartnerCertificate {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Record<string, unknown>;
  return (
    typeof entry['partner'] === 'string' &&
    partnerName.test(entry['partner']) &&
    /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/.test(String(entry['fingerprint'])) &&
    /^[0-9A-F]{2,40}$/.test(String(entry['serial'])) &&
    Number.isSafeInteger(entry['issuedAtMs']) &&
    Number.isSafeInteger(entry['expiresAtMs']) &&
    (entry['revokedAtMs'] === null || Number.isSafeInteger(entry['revokedAtMs']))
  );
}
