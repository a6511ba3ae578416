import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { leafExtensions } from '../../src/certificates/extensions.js';
import { issueDevelopmentCertificates } from '../../src/certificates/index.js';
import { clockAt, dayMs, pairSignedBy, temporaryDirectory, writeText } from './fixtures.js';

const hosts = ['localhost', '127.0.0.1', '::1', 'shop.test', 'shop.example', '192.0.2.7'];
const issueIn = (directory: string, o: object = {}) => issueDevelopmentCertificates({ directory, hosts, ...o });
const x509 = (path: string) => new X509Certificate(readFileSync(path));

function opensslVerify(ca: string, cert: string, ...more: string[]): string {
  const run = spawnSync('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', ...more, '-CAfile', ca, cert]);
  if (run.error) throw new Error('this test needs the openssl command');
  return `${run.stdout}${run.stderr}`;
}

function handshake(pair: { key: string; cert: string }, ca: string, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer(pair, (socket) => socket.end()).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      const client = connect({ port, host: '127.0.0.1', servername, ca });
      const settle = (result: string) => {
        client.destroy();
        server.close(() => resolve(result));
      };
      client.once('secureConnect', () => settle('authorized'));
      client.once('error', (error: NodeJS.ErrnoException) => settle(String(error.code)));
    });
    server.once('error', reject);
  });
}

describe('issueDevelopmentCertificates', () => {
  it('passes openssl in strict mode for every host, names and addresses', async () => {
    const { ca, cert } = await issueIn(temporaryDirectory());
    for (const host of hosts) {
      const check = /^[\d.]+$|:/.test(host) ? '-verify_ip' : '-verify_hostname';
      expect(opensslVerify(ca, cert, check, host), host).toMatch(/: OK/);
    }
    expect(opensslVerify(ca, cert, '-verify_hostname', 'evil.example')).toMatch(/hostname mismatch/);
    expect(opensslVerify(ca, cert, '-verify_ip', '127.0.0.2')).toMatch(/IP address mismatch/);
  });

  it('is accepted by a Node client that trusts the CA, and by no other', async () => {
    const dev = await issueIn(temporaryDirectory());
    const other = await issueIn(temporaryDirectory());
    const pair = { key: readFileSync(dev.key, 'utf8'), cert: readFileSync(dev.cert, 'utf8') };
    expect(await handshake(pair, readFileSync(dev.ca, 'utf8'), 'localhost')).toBe('authorized');
    expect(await handshake(pair, readFileSync(dev.ca, 'utf8'), 'evil.example')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await handshake(pair, readFileSync(other.ca, 'utf8'), 'localhost')).not.toBe('authorized');
  });

  it('binds the CA, so that its stolen key signs for no other site', async () => {
    const directory = temporaryDirectory();
    const { ca } = await issueIn(directory);
    const key = createPrivateKey(readFileSync(join(directory, 'development-ca-key.pem')));
    const subject = x509(ca).subject.replace(/^CN=/, '');
    const stolen = (names: string[]) =>
      pairSignedBy({ key, subject }, (forge, own) => leafExtensions(forge, own, createPublicKey(key), names));
    for (const names of [
      ['bank.example'],
      ['evilshop.example'],
      ['198.51.100.1'],
      ['localhost', 'bank.example'],
      ['2001:db8::1'],
    ]) {
      const pair = await stolen(names);
      const said = opensslVerify(ca, writeText(directory, 'outside.pem', pair.cert));
      expect(said, names.join()).toMatch(/permitted subtree violation/);
      if (names[0]?.endsWith('.example'))
        expect(await handshake(pair, readFileSync(ca, 'utf8'), names[0])).not.toBe('authorized');
    }
    const inside = await stolen(['a.test', '127.9.9.9']);
    expect(opensslVerify(ca, writeText(directory, 'inside.pem', inside.cert))).toMatch(/: OK/);
  });

  it('lets the CA make no further CA', async () => {
    const { ca } = await issueIn(temporaryDirectory());
    const said = spawnSync('openssl', [
      'x509',
      '-in',
      ca,
      '-noout',
      '-ext',
      'basicConstraints,keyUsage,nameConstraints',
    ]);
    expect(String(said.stdout)).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(String(said.stdout)).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\s/);
    expect(String(said.stdout)).toMatch(/Name Constraints: critical/);
  });

  it('issues elliptic-curve certificates with the promised lives and a new serial each', async () => {
    const nowMs = Math.floor(Date.now() / 1000) * 1000;
    const serials = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      const dev = await issueIn(temporaryDirectory(), { clock: clockAt(nowMs) });
      const days = (path: string) => (Date.parse(x509(path).validTo) - Date.parse(x509(path).validFrom) + 1000) / dayMs;
      expect([days(dev.ca), days(dev.cert)]).toEqual([825, 90]);
      expect(Date.parse(x509(dev.cert).validFrom)).toBe(nowMs - 3_600_000);
      expect(dev.expiresAtMs).toBe(Date.parse(x509(dev.cert).validTo));
      for (const path of [dev.ca, dev.cert]) {
        expect(x509(path).publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
        expect(x509(path).serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
        serials.add(x509(path).serialNumber);
      }
    }
    expect(serials.size).toBe(6);
  });

  it('keeps both keys to their owner and leaves no draft behind', async () => {
    const directory = temporaryDirectory();
    await issueIn(directory);
    const modes = Object.fromEntries(
      readdirSync(directory).map((name) => [name, (statSync(join(directory, name)).mode & 0o777).toString(8)]),
    );
    expect(modes).toMatchObject({ 'development-ca-key.pem': '600', 'development-key.pem': '600' });
    expect(Object.keys(modes)).toHaveLength(4);
  });

  it('makes the directory for its owner alone', async () => {
    const directory = join(temporaryDirectory(), 'certs');
    await issueIn(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('keeps what is there while it is sound', async () => {
    const directory = temporaryDirectory();
    const first = await issueIn(directory);
    const before = readFileSync(first.cert, 'utf8');
    const second = await issueIn(directory);
    expect([first.issued, first.caIssued, second.issued, second.caIssued]).toEqual([true, true, false, false]);
    expect(readFileSync(second.cert, 'utf8')).toBe(before);
    expect(second.expiresAtMs).toBe(first.expiresAtMs);
  });

  it('issues a new leaf under the old CA at a third of its life, and not before', async () => {
    const directory = temporaryDirectory();
    const clock = clockAt(Date.now());
    await issueIn(directory, { clock });
    clock.ms += 59 * dayMs;
    expect(await issueIn(directory, { clock })).toMatchObject({ issued: false });
    clock.ms += 2 * dayMs;
    expect(await issueIn(directory, { clock })).toMatchObject({ issued: true, caIssued: false });
  });

  it('issues a new CA before a leaf could outlive it', async () => {
    const directory = temporaryDirectory();
    const clock = clockAt(Date.now());
    await issueIn(directory, { clock });
    clock.ms += 551 * dayMs;
    expect(await issueIn(directory, { clock })).toMatchObject({ issued: true, caIssued: true });
  });

  it('issues anew when the clock was set back before the certificate begins', async () => {
    const directory = temporaryDirectory();
    const clock = clockAt(Date.now());
    await issueIn(directory, { clock });
    clock.ms -= dayMs;
    expect(await issueIn(directory, { clock })).toMatchObject({ issued: true, caIssued: true });
  });

  it('follows a change of hosts, and keeps the CA when it covers them already', async () => {
    const directory = temporaryDirectory();
    await issueDevelopmentCertificates({ directory, hosts: ['localhost'] });
    const local = await issueDevelopmentCertificates({ directory, hosts: ['localhost', '127.0.0.1', 'a.shop.test'] });
    expect(local).toMatchObject({ issued: true, caIssued: false });
    const wider = await issueDevelopmentCertificates({ directory, hosts: ['localhost', 'shop.example'] });
    expect(wider).toMatchObject({ issued: true, caIssued: true });
    expect(opensslVerify(wider.ca, wider.cert, '-verify_hostname', 'shop.example')).toMatch(/: OK/);
  });

  it('issues anew what is missing, broken, mismatched, readable by others or signed by another CA', async () => {
    const [directory, other] = [temporaryDirectory(), temporaryDirectory()];
    const dev = await issueIn(directory);
    const foreign = await issueIn(other);
    const caKey = join(directory, 'development-ca-key.pem');
    const spoil: readonly (readonly [string, () => void, boolean])[] = [
      ['missing key', () => rmSync(dev.key), false],
      ['missing certificate', () => rmSync(dev.cert), false],
      ['broken certificate', () => writeFileSync(dev.cert, 'not PEM'), false],
      ['half a key', () => writeFileSync(dev.key, readFileSync(dev.key, 'utf8').slice(0, 80)), false],
      ['key of another', () => copyFileSync(foreign.key, dev.key), false],
      ['pair of another CA', () => [copyFileSync(foreign.key, dev.key), copyFileSync(foreign.cert, dev.cert)], false],
      ['readable key', () => chmodSync(dev.key, 0o640), false],
      ['readable CA key', () => chmodSync(caKey, 0o604), true],
      ['missing CA key', () => rmSync(caKey), true],
      ['CA in the leaf place', () => [copyFileSync(dev.ca, dev.cert), copyFileSync(caKey, dev.key)], false],
      ['CA with a broken signature', () => writeFileSync(dev.ca, flipLastByte(dev.ca)), true],
      ['leaf in the CA place', () => [copyFileSync(dev.cert, dev.ca), copyFileSync(dev.key, caKey)], true],
    ];
    for (const [what, act, newCa] of spoil) {
      act();
      const again = await issueIn(directory);
      expect(again, what).toMatchObject({ issued: true, caIssued: newCa });
      expect(opensslVerify(dev.ca, dev.cert), what).toMatch(/: OK/);
      expect(x509(dev.cert).checkPrivateKey(createPrivateKey(readFileSync(dev.key))), what).toBe(true);
    }
  });

  it('gives matching files to servers that start together', async () => {
    const directory = temporaryDirectory();
    const all = await Promise.all(Array.from({ length: 6 }, () => issueIn(directory)));
    expect(all.filter((dev) => dev.issued)).toHaveLength(1);
    expect(opensslVerify(all[0]?.ca ?? '', all[0]?.cert ?? '')).toMatch(/: OK/);
  });

  it('takes over the lock of a process that was killed', async () => {
    const directory = temporaryDirectory();
    writeText(directory, '.issuing', '');
    const clock = clockAt(Date.now());
    expect(await issueIn(directory, { clock })).toMatchObject({ issued: true });
    expect(clock.waits).toBe(200);
    expect(readdirSync(directory)).not.toContain('.issuing');
  });

  it('refuses hosts that are no hosts', async () => {
    for (const bad of [
      [],
      ['Shop.test'],
      ['*.test'],
      ['https://shop.test'],
      ['a b'],
      ['::0001'],
      ['1.2.3'],
      [''],
      Array(21).fill('localhost'),
    ]) {
      await expect(
        issueDevelopmentCertificates({ directory: temporaryDirectory(), hosts: bad }),
        String(bad),
      ).rejects.toMatchObject({
        code: 'ERR_OPTION_INVALID',
      });
    }
  });

  it('says which directory it cannot write', async () => {
    const file = writeText(temporaryDirectory(), 'file', '');
    await expect(issueIn(join(file, 'certs'))).rejects.toMatchObject({
      code: 'ERR_CERTIFICATE_FILES',
      facts: { reason: 'ENOTDIR' },
    });
  });
});

/** The signature's last byte stands at the end of the DER. */
function flipLastByte(path: string): string {
  const der = Buffer.from(x509(path).raw);
  der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}
