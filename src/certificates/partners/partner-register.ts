import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Random, systemClock, systemRandom } from '../../base/clock.js';
import { SafekeepError } from '../../base/errors.js';
import { say } from '../../base/names.js';
import { integerRule, objectRule, readOptions, required, textRule, withDefault } from '../../base/options.js';
import { underLock, writeWhole } from '../development-files.js';
import { signCertificate } from '../sign-certificate.js';
import { clientExtensions } from './extensions.js';
import { newAuthority, storedAuthority } from './partner-authority.js';
import {
  caPath,
  type PartnerCertificate,
  partnerName,
  readRegister,
  registerPath,
  watchedRegister,
} from './register-file.js';

export type { PartnerCertificate } from './register-file.js';

export interface PartnerRegisterOptions {
  /** Where the register, the partners' authorities and what was issued lie; made with mode 0700. Keep it out of version control. */
  readonly directory: string;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface IssuedPartnerCertificate extends PartnerCertificate {
  /** Paths of what the partner is handed: the certificate with its authority, and the private key (mode 0600). */
  readonly cert: string;
  readonly key: string;
}

export interface PartnerRegister {
  /** The certificate with this fingerprint, or undefined. Looks at the file each time. @throws ERR_PARTNER_REGISTER */
  find(fingerprint: string): PartnerCertificate | undefined;
  /** Every certificate that was issued, in order. @throws ERR_PARTNER_REGISTER */
  list(): readonly PartnerCertificate[];
  /** The pinned authority of a partner; undefined for one that has none. */
  authority(partner: string): X509Certificate | undefined;
  /** The authorities of all partners, as PEM: what the listener asks client certificates from. */
  authorities(): readonly string[];
  /**
   * A new certificate for a partner, from an authority of its own that is made the first time. Those it had stay good.
   * @param days 1 to 366; default 90
   * @throws SafekeepError ERR_PARTNER_NAME, ERR_CERTIFICATE_FILES
   */
  issue(partner: string, options?: { readonly days?: number | undefined }): Promise<IssuedPartnerCertificate>;
  /** From the next request on nothing is answered under it, resumed sessions included. @throws ERR_PARTNER_CERTIFICATE */
  revoke(serial: string): Promise<PartnerCertificate>;
}

const shape = {
  directory: required(textRule()),
  clock: withDefault(objectRule<Clock>('nowMs', 'wait'), systemClock),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};
const issueShape = { days: withDefault(integerRule({ min: 1, max: 366 }), 90) };
const dayMs = 86_400_000;

/**
 * The certificates by which partners' programs prove who they are (mutual TLS): one authority per partner, so that the
 * theft of one partner's key says nothing about another, and a register of each certificate with its state. Only what
 * stands in the register is let in: an authority alone is not enough. EC P-256. ASVS 5.0 V12.1.3; RFC 5280.
 *
 * It does NOT bring the key to the partner; hand it over out of band. Servers need `register.json` and the `ca.pem`
 * files only: keep the keys of the authorities elsewhere when you can.
 * @throws SafekeepError ERR_OPTION_*
 * @example
 * const register = openPartnerRegister({ directory: 'partners' });
 * const { cert, key } = await register.issue('line_provider');
 */
export function openPartnerRegister(options: PartnerRegisterOptions): PartnerRegister {
  const { directory, clock, random } = readOptions('openPartnerRegister', shape, options);
  const entries = watchedRegister(directory);
  const authorities = new Map<string, X509Certificate>();

  function authority(partner: string): X509Certificate | undefined {
    const known = authorities.get(partner);
    if (known !== undefined) return known;
    if (!partnerName.test(partner)) return undefined;
    try {
      const read = new X509Certificate(readFileSync(caPath(directory, partner)));
      authorities.set(partner, read);
      return read;
    } catch {
      return undefined;
    }
  }

  async function write(
    change: (entries: readonly PartnerCertificate[]) => readonly PartnerCertificate[],
  ): Promise<void> {
    const text = `${JSON.stringify(change(readRegister(directory)), null, 2)}\n`;
    await writeWhole(registerPath(directory), text, 0o600);
  }

  return Object.freeze({
    find: (fingerprint: string) => entries().find((entry) => entry.fingerprint === fingerprint),
    list: entries,
    authority,
    authorities: () =>
      [...new Set(entries().map(({ partner }) => partner))]
        .map((partner) => authority(partner)?.toString())
        .filter((pem) => pem !== undefined),

    async issue(partner: string, given: { readonly days?: number | undefined } = {}) {
      const { days } = readOptions('issue', issueShape, given);
      if (!partnerName.test(partner)) {
        const expected = say`1 to 40 lower-case letters, digits, - and _, beginning with a letter`;
        throw new SafekeepError('ERR_PARTNER_NAME', { expected });
      }
      const forge = (await import('node-forge')).default;
      return underLock(directory, clock, async () => {
        const folder = join(directory, partner);
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const nowMs = clock.nowMs();
        const ca = (await storedAuthority(folder)) ?? (await newAuthority(forge, random, folder, partner, nowMs));
        const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const pem = signCertificate(forge, random, {
          subject: partner,
          issuer: ca.certificate.subject.replace(/^CN=/, ''),
          notBeforeMs: nowMs - 3_600_000,
          notAfterMs: nowMs + days * dayMs,
          publicKey,
          signingKey: ca.key,
          extensions: clientExtensions(forge, publicKey, ca.certificate.publicKey, partner),
        });
        const certificate = new X509Certificate(pem);
        const { serialNumber: serial, fingerprint256: fingerprint } = certificate;
        const cert = join(folder, `${serial}.pem`);
        const key = join(folder, `${serial}-key.pem`);
        await writeWhole(key, String(privateKey.export({ type: 'pkcs8', format: 'pem' })), 0o600);
        await writeWhole(cert, `${pem}${ca.certificate.toString()}`, 0o644);
        const expiresAtMs = Date.parse(certificate.validTo);
        const entry = { partner, fingerprint, serial, issuedAtMs: nowMs, expiresAtMs, revokedAtMs: null };
        await write((all) => [...all, entry]);
        return Object.freeze({ ...entry, cert, key });
      });
    },

    async revoke(serial: string) {
      return underLock(directory, clock, async () => {
        const found = entries().find((entry) => entry.serial === serial.toUpperCase());
        if (found === undefined) throw new SafekeepError('ERR_PARTNER_CERTIFICATE');
        const revoked = { ...found, revokedAtMs: found.revokedAtMs ?? clock.nowMs() };
        await write((all) => all.map((entry) => (entry.serial === found.serial ? revoked : entry)));
        return revoked;
      });
    },
  });
}
