import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, pathName } from '../../base/names.js';
import { isPrivate, writeWhole } from '../development-files.js';

/**
 * The key of the account at the authority, made the first time, mode 0600. One that others could read is refused and
 * not replaced: with it anybody can revoke this account's certificates, so somebody has to look.
 */
export async function accountKey(path: string): Promise<string> {
  let pem: string;
  try {
    pem = await readFile(path, 'utf8');
  } catch (error) {
    const reason = String((error as NodeJS.ErrnoException).code);
    if (reason !== 'ENOENT') throw unusable(path, reason);
    const made = newKey();
    await writeWhole(path, made, 0o600);
    return made;
  }
  if (!(await isPrivate(path))) throw unusable(path, 'readable-by-others');
  try {
    createPrivateKey(pem);
  } catch {
    throw unusable(path, 'not-PEM');
  }
  return pem;
}

/** EC P-256, as PEM. */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

function unusable(path: string, reason: string): SafekeepError {
  return new SafekeepError('ERR_CERTIFICATE_FILES', { path: pathName(path), reason: nameOf(reason) });
}
