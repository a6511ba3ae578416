import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createPasswords, type LegacyScheme } from '../../../src/passwords/index.js';
import { fakeEngine } from '../fake-engine.js';

const account = '17';
const password = 'Vier K\u00e4hne liegen quer';

/** Runs the original; the password goes in on standard input, never as an argument. */
function run(command: string, args: readonly string[], input = password): string {
  const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return stdout.trim();
}
function isMissing(command: string, ...probe: readonly string[]): boolean {
  const { error, status } = spawnSync(command, probe);
  const missing = error !== undefined || status !== 0;
  if (missing)
    console.warn(`SKIPPED: old hashes were not checked against ${probe.at(-1)} of ${command}, which is not installed`);
  return missing;
}

/** Debian's own: what it ships as a package is for this one. */
const python = '/usr/bin/python3';
const noPasslib = isMissing(python, '-c', 'import passlib.hash, bcrypt');
const noDjango = isMissing(python, '-c', 'import django');
const noPhp = isMissing('php', '-v');
const noOpenssl = isMissing('openssl', 'version');
const noHtpasswd = spawnSync('htpasswd', ['-h']).error !== undefined;
if (noHtpasswd) console.warn('SKIPPED: old hashes were not checked against htpasswd, which is not installed');

const legacy: readonly LegacyScheme[] = [
  ...(['bcrypt', 'ldap', 'md5-crypt', 'pbkdf2', 'phpass', 'salted-digest', 'scrypt'] as const),
  ...(['sha256-crypt', 'sha512-crypt'] as const),
];
const passwords = createPasswords({ legacy, engine: fakeEngine() });
async function verifies(stored: string): Promise<void> {
  expect(await passwords.verify(stored, password, { account }), stored).not.toBeNull();
  expect(await passwords.verify(stored, `${password}.`, { account }), stored).toBeNull();
}

describe('hashes that are made by the original at this moment', () => {
  it.skipIf(noPasslib)('verify: passlib', async () => {
    const script = `
import sys, warnings
warnings.simplefilter('ignore')
from passlib import hash as h
p = sys.stdin.buffer.read().decode()
for made in (h.bcrypt.using(rounds=4), h.bcrypt.using(rounds=4, ident='2a'), h.bcrypt.using(rounds=4, ident='2y'),
             h.pbkdf2_sha1.using(rounds=1000), h.pbkdf2_sha256.using(rounds=1000), h.pbkdf2_sha512.using(rounds=1000),
             h.scrypt.using(rounds=10), h.md5_crypt, h.apr_md5_crypt, h.sha256_crypt.using(rounds=5000),
             h.sha256_crypt.using(rounds=1001), h.sha512_crypt.using(rounds=5000), h.ldap_salted_sha1, h.ldap_salted_md5,
             h.phpass.using(rounds=8), h.django_salted_sha1, h.django_salted_md5):
    print(made.hash(p))`;
    const made = run(python, ['-c', script]).split('\n');
    expect(made).toHaveLength(17);
    for (const stored of made) await verifies(stored);
  });

  it.skipIf(noDjango)('verify: Django', async () => {
    const script = `
import sys
from django.conf import settings
names = ['PBKDF2PasswordHasher', 'PBKDF2SHA1PasswordHasher', 'MD5PasswordHasher']
settings.configure(PASSWORD_HASHERS=['django.contrib.auth.hashers.' + name for name in names])
from django.contrib.auth import hashers
p = sys.stdin.buffer.read().decode()
for name in ('pbkdf2_sha256', 'pbkdf2_sha1', 'md5'):
    hasher = hashers.get_hasher(name)
    hasher.iterations = 1000
    print(hasher.encode(p, 'saltsaltsalt'))`;
    const made = run(python, ['-c', script]).split('\n');
    expect(made).toHaveLength(3);
    for (const stored of made) await verifies(stored);
  });

  it.skipIf(noPhp)('verify: PHP, and with it Laravel (its argon2: ../interop.test.ts)', async () => {
    const script = `
      $p = stream_get_contents(STDIN);
      foreach ([password_hash($p, PASSWORD_BCRYPT, ['cost' => 4]),
                crypt($p, '$1$saltsalt$'), crypt($p, '$5$rounds=1500$saltstring$'), crypt($p, '$6$saltstring$'),
                crypt($p, '$2a$04$abcdefghijklmnopqrstuu')] as $made) echo $made, "\\n";`;
    for (const stored of run('php', ['-r', script]).split('\n')) await verifies(stored);
  });

  it.skipIf(noOpenssl).each(['-1', '-apr1', '-5', '-6'])('verify: openssl passwd %s', async (kind) => {
    await verifies(run('openssl', ['passwd', kind, '-stdin']));
  });

  it.skipIf(noHtpasswd).each([['-m'], ['-B', '-C', '4']])('verify: htpasswd %s', async (...kind) => {
    await verifies(run('htpasswd', ['-n', '-i', ...kind, 'ada']).slice('ada:'.length));
  });
});
