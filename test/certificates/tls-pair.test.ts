import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { issueDevelopmentCertificates, readTlsPair } from '../../src/certificates/index.js';
import { clockAt, dayMs, pairSignedBy, temporaryDirectory, writeText } from './fixtures.js';

const issued = () =>
  issueDevelopmentCertificates({ directory: temporaryDirectory(), hosts: ['shop.test', '127.0.0.1', '::1'] });

describe('readTlsPair', () => {
  it('takes paths, PEM text and PEM bytes alike', async () => {
    const { key, cert, expiresAtMs } = await issued();
    const [keyPem, certPem] = [readFileSync(key), readFileSync(cert)];
    const { validFrom, fingerprint256: fingerprint } = new X509Certificate(certPem);
    const beginsAtMs = Date.parse(validFrom);
    const read = { key: keyPem, cert: certPem, beginsAtMs, expiresAtMs, fingerprint };
    for (const source of [
      { key, cert },
      { key: keyPem, cert: certPem },
      { key: String(keyPem), cert: String(certPem) },
    ])
      expect(readTlsPair(source, systemClock)).toEqual(read);
  });

  it('refuses a key of another certificate, of the same type or another', async () => {
    const { cert, key } = await issued();
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    for (const other of [ec, rsa]) {
      const pem = other.export({ type: 'pkcs8', format: 'pem' }).toString();
      expect(() => readTlsPair({ key: pem, cert }, systemClock)).toThrow(
        expect.objectContaining({ code: 'ERR_CERTIFICATE_PAIR' }),
      );
    }
    expect(() => readTlsPair({ key, cert }, systemClock)).not.toThrow();
  });

  it('refuses a certificate that has ended or not begun', async () => {
    const pair = await issued();
    for (const days of [-1, 91])
      expect(() => readTlsPair(pairOf(pair), clockAt(Date.now() + days * dayMs))).toThrow(
        expect.objectContaining({ code: 'ERR_CERTIFICATE_DATES' }),
      );
  });

  it('refuses a certificate for another host than clients connect to', async () => {
    const pair = pairOf(await issued());
    for (const host of ['shop.test', '127.0.0.1', '[::1]'])
      expect(() => readTlsPair(pair, systemClock, host)).not.toThrow();
    for (const host of ['shop.example', '127.0.0.2', '[::2]', 'Development server'])
      expect(() => readTlsPair(pair, systemClock, host), host).toThrow(
        expect.objectContaining({ code: 'ERR_CERTIFICATE_NAME' }),
      );
  });

  it('does not take the common name for a host', async () => {
    const ca = { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, subject: 'shop.test' };
    const pair = await pairSignedBy(ca, () => [], 'shop.test');
    expect(() => readTlsPair(pair, systemClock)).not.toThrow();
    expect(() => readTlsPair(pair, systemClock, 'shop.test')).toThrow(
      expect.objectContaining({ code: 'ERR_CERTIFICATE_NAME' }),
    );
  });

  it('says which file is missing or broken, and shows nothing of it', async () => {
    const directory = temporaryDirectory();
    const { key, cert } = await issued();
    const broken = writeText(
      directory,
      'broken.pem',
      '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n',
    );
    const missing = join(directory, 'none.pem');
    const cases = [
      [{ key: missing, cert }, 'key', 'ENOENT'],
      [{ key, cert: missing }, 'cert', 'ENOENT'],
      [{ key: broken, cert }, 'key', 'not-PEM'],
      [{ key, cert: broken }, 'cert', 'not-PEM'],
      [{ key: readFileSync(broken), cert }, 'key', 'not-PEM'],
    ] as const;
    for (const [source, part, reason] of cases) {
      const refused = expect.objectContaining({
        code: 'ERR_CERTIFICATE_UNREADABLE',
        facts: expect.objectContaining({ part, reason }),
      });
      expect(() => readTlsPair(source, systemClock)).toThrow(refused);
      expect(() => readTlsPair(source, systemClock)).not.toThrow(/hunter2/);
    }
  });
});

function pairOf({ key, cert }: { readonly key: string; readonly cert: string }): { key: string; cert: string } {
  return { key, cert };
}
