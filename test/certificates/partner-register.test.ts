import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPartnerRegister } from '../../src/certificates/index.js';
import { clockAt, dayMs, temporaryDirectory } from './fixtures.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe('openPartnerRegister', () => {
  it('issues from one authority per partner, keeps the keys private, and lists what it issued', async () => {
    const directory = temporaryDirectory();
    const clock = clockAt(Date.now());
    const register = openPartnerRegister({ directory, clock });
    const first = await register.issue('line_provider', { days: 30 });
    const second = await register.issue('line_provider');
    const other = await register.issue('start_page');
    expect(register.list()).toHaveLength(3);
    expect(register.authorities()).toHaveLength(2);
    expect(first.serial).not.toBe(second.serial);
    expect(Math.round((first.expiresAtMs - clock.ms) / dayMs)).toBe(30);
    expect(Math.round((second.expiresAtMs - clock.ms) / dayMs)).toBe(90);
    for (const path of [first.key, join(directory, 'line_provider/ca-key.pem'), join(directory, 'register.json')]) {
      expect(statSync(path).mode & 0o777, path).toBe(0o600);
    }
    const certificate = new X509Certificate(readFileSync(first.cert));
    const authority = register.authority('line_provider') as X509Certificate;
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.checkIssued(register.authority('start_page') as X509Certificate)).toBe(false);
    expect(certificate.subjectAltName).toBe('URI:urn:safekeep:partner:line_provider');
    expect(register.find(other.fingerprint)).toMatchObject({ partner: 'start_page', revokedAtMs: null });
    expect(register.find('AA')).toBeUndefined();
  });

  it('satisfies the strict rules of OpenSSL for a client, and not those for a server', async () => {
    const directory = temporaryDirectory();
    const { cert } = await openPartnerRegister({ directory }).issue('line_provider');
    const verify = (purpose: string) =>
      execFileSync(
        'openssl',
        ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', join(directory, 'line_provider/ca.pem'), cert],
        { stdio: 'pipe' },
      ).toString();
    expect(verify('sslclient')).toContain('OK');
    expect(() => verify('sslserver')).toThrow();
  });

  it('tells a revocation to every register on the same folder, and keeps its first date', async () => {
    const directory = temporaryDirectory();
    const clock = clockAt(Date.now());
    const register = openPartnerRegister({ directory, clock });
    const server = openPartnerRegister({ directory, clock });
    const { serial, fingerprint } = await register.issue('line_provider');
    expect(server.find(fingerprint)?.revokedAtMs).toBeNull();
    const at = clock.ms;
    await register.revoke(serial.toLowerCase());
    clock.ms += dayMs;
    await register.revoke(serial);
    expect(server.find(fingerprint)?.revokedAtMs).toBe(at);
    await expect(register.revoke('00')).rejects.toThrow(code('ERR_PARTNER_CERTIFICATE'));
  });

  it('loses no certificate when several are issued at once', async () => {
    const register = openPartnerRegister({ directory: temporaryDirectory() });
    await Promise.all(['a', 'b', 'a', 'c'].map((partner) => register.issue(partner)));
    expect(
      register
        .list()
        .map(({ partner }) => partner)
        .sort(),
    ).toEqual(['a', 'a', 'b', 'c']);
  });

  it.each(['', 'A', '../up', 'a/b', 'a b', '.', `a${'b'.repeat(40)}`])('refuses the name %s', async (name) => {
    const register = openPartnerRegister({ directory: temporaryDirectory() });
    await expect(register.issue(name)).rejects.toThrow(code('ERR_PARTNER_NAME'));
    expect(register.authority(name)).toBeUndefined();
  });

  it('is no register when the file is missing or broken, and a broken one is not written over', async () => {
    const directory = temporaryDirectory();
    const register = openPartnerRegister({ directory });
    expect(() => register.list()).toThrow(code('ERR_PARTNER_REGISTER'));
    const { fingerprint } = await register.issue('line_provider');
    expect(register.find(fingerprint)).toBeDefined();
    for (const text of ['', '{}', '[{"partner":"line_provider"}]', '[null]']) {
      writeFileSync(join(directory, 'register.json'), text);
      expect(() => register.find(fingerprint), text).toThrow(code('ERR_PARTNER_REGISTER'));
      await expect(register.issue('line_provider')).rejects.toThrow(code('ERR_PARTNER_REGISTER'));
      expect(readFileSync(join(directory, 'register.json'), 'utf8')).toBe(text);
    }
  });

  it('refuses an authority whose key others can read, or that is not its own, and makes no other', async () => {
    const directory = temporaryDirectory();
    const register = openPartnerRegister({ directory });
    await register.issue('line_provider');
    await register.issue('start_page');
    const path = join(directory, 'line_provider/ca-key.pem');
    chmodSync(path, 0o644);
    await expect(register.issue('line_provider')).rejects.toThrow(code('ERR_CERTIFICATE_FILES'));
    chmodSync(path, 0o600);
    writeFileSync(path, readFileSync(join(directory, 'start_page/ca-key.pem')));
    await expect(register.issue('line_provider')).rejects.toThrow(code('ERR_CERTIFICATE_FILES'));
    expect(register.list()).toHaveLength(2);
  });
});
