import { generateKeyPairSync, type KeyPairKeyObjectResult, X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemRandom } from '../../src/base/clock.js';
import { leafExtensions } from '../../src/certificates/extensions.js';
import { signCertificate } from '../../src/certificates/sign-certificate.js';
import { createTlsServer, type TlsServerOptions } from '../../src/transport/index.js';
import { selfHandshake } from '../../src/transport/self-handshake.js';
import { clockAt, dayMs, loadForge } from '../certificates/fixtures.js';
import { developmentPair } from './loopback.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const pem = (path: string) => readFileSync(path, 'utf8');

async function serve(options: Partial<TlsServerOptions> = {}) {
  const pair = await developmentPair();
  const tls = createTlsServer((_req, res) => void res.end('hello'), {
    key: pair.key,
    cert: pair.cert,
    port: 0,
    graceMs: 200,
    ...options,
  });
  const { port } = await tls.listen();
  onTestFinished(() => tls.close());
  return { tls, port, pair };
}

/** The serial number of what a client is shown. */
function shown(port: number, servername = 'shop.test'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
const serialOf = (path: string) => new X509Certificate(pem(path)).serialNumber;

type Keys = KeyPairKeyObjectResult;
const issuerKeys: Keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A server's certificate for a key of any kind, from an issuer that may be a CA or not. */
async function pairOf({ publicKey, privateKey }: Keys) {
  const forge = await loadForge();
  const life = { notBeforeMs: Date.now() - dayMs, notAfterMs: Date.now() + dayMs };
  const by = { issuer: 'Issuer', signingKey: issuerKeys.privateKey, ...life };
  const cert = signCertificate(forge, systemRandom, {
    ...by,
    subject: 'Server',
    publicKey,
    extensions: leafExtensions(forge, issuerKeys.publicKey, issuerKeys.publicKey, ['shop.test']),
  });
  const noAuthority = signCertificate(forge, systemRandom, {
    ...by,
    subject: 'Issuer',
    publicKey: issuerKeys.publicKey,
    extensions: [],
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert, noAuthority };
}

/** A pair that Node takes and no client can use: TLS 1.3 has no signatures over secp256k1. */
const unusablePair = () => pairOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }));

describe('a certificate that no client could use', () => {
  it('is found by a handshake in memory, at the start and on reload', async () => {
    const { key, cert } = await unusablePair();
    const broken = { key, cert };
    const tls = createTlsServer(() => {}, { ...broken, port: 0 });
    await expect(tls.listen()).rejects.toThrow(code('ERR_TLS_HANDSHAKE'));
    const { tls: good, port, pair } = await serve();
    await expect(good.reload(broken)).rejects.toThrow(code('ERR_TLS_HANDSHAKE'));
    expect(await shown(port)).toBe(serialOf(pair.cert));
  });

  it('is found where Node takes a key of another type without a word', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pair = await developmentPair();
    const cert = pem(pair.cert);
    const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expect(publicKey.asymmetricKeyType).toBe('rsa');
    const { fingerprint256 } = new X509Certificate(cert);
    await expect(selfHandshake({ key, cert }, 'shop.test', fingerprint256)).rejects.toThrow(code('ERR_TLS_HANDSHAKE'));
    await expect(selfHandshake({ key: pem(pair.key), cert }, 'shop.test', 'another')).rejects.toThrow(
      code('ERR_TLS_HANDSHAKE'),
    );
    await expect(selfHandshake({ key: pem(pair.key), cert }, '127.0.0.1', fingerprint256)).resolves.toBeUndefined();
  });

  it('is refused where its chain has a gap or an end', async () => {
    const { tls, pair } = await serve();
    const other = await developmentPair();
    const key = pem(pair.key);
    const chained = `${pem(pair.cert)}${pem(pair.ca)}`;
    await expect(tls.reload({ key, cert: chained })).resolves.toBeDefined();
    for (const cert of [`${pem(pair.cert)}${pem(other.ca)}`, `${pem(pair.cert)}${pem(pair.cert)}`]) {
      await expect(tls.reload({ key, cert })).rejects.toThrow(code('ERR_CERTIFICATE_CHAIN'));
    }
    const lone = await pairOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
    await expect(tls.reload({ key: lone.key, cert: lone.cert })).resolves.toBeDefined();
    const cert = `${lone.cert}${lone.noAuthority}`;
    await expect(tls.reload({ key: lone.key, cert })).rejects.toThrow(code('ERR_CERTIFICATE_CHAIN'));
  });
});

describe('two reloads at once', () => {
  it('go one after the other, so that what is served in the end is what lay in the files last', async () => {
    const { tls, port, pair } = await serve();
    const other = await developmentPair();
    const renewed = await developmentPair();
    const both = [tls.reload({ key: pem(other.key), cert: pem(other.cert) }), tls.reload()];
    copyFileSync(renewed.key, pair.key);
    copyFileSync(renewed.cert, pair.cert);
    await Promise.all(both);
    expect(await shown(port)).toBe(serialOf(renewed.cert));
  });
});

describe('following the files', () => {
  it('serves what is renewed there, and tells whoever asked', async () => {
    const { tls, port, pair } = await serve();
    const told: unknown[] = [];
    const following = tls.follow({ onReload: (served) => told.push(served), onRefused: (error) => told.push(error) });
    await following.check();
    expect(told).toEqual([]);
    const renewed = await developmentPair();
    copyFileSync(renewed.key, `${pair.key}.new`);
    copyFileSync(renewed.cert, `${pair.cert}.new`);
    renameSync(`${pair.key}.new`, pair.key);
    renameSync(`${pair.cert}.new`, pair.cert);
    await following.check();
    expect(told).toEqual([{ expiresAtMs: renewed.expiresAtMs }]);
    expect(await shown(port)).toBe(serialOf(renewed.cert));
  });

  it('lets no handshake fail, whatever lies in the files, and tells each state once', async () => {
    const { tls, port, pair } = await serve({ origin: 'https://shop.test' });
    const good = { key: pem(pair.key), cert: pem(pair.cert) };
    const elsewhere = await developmentPair(['elsewhere.test']);
    const other = await developmentPair();
    const serial = serialOf(pair.cert);
    const refused: string[] = [];
    const following = tls.follow({ onRefused: (error) => refused.push((error as { code: string }).code) });
    const states: [string, () => void][] = [
      ['ERR_CERTIFICATE_PAIR', () => copyFileSync(other.cert, pair.cert)],
      ['ERR_CERTIFICATE_UNREADABLE', () => rmSync(pair.key)],
      ['ERR_CERTIFICATE_UNREADABLE', () => writeFileSync(pair.key, good.key.slice(0, 100))],
      ['ERR_CERTIFICATE_UNREADABLE', () => writeFileSync(pair.cert, '')],
      [
        'ERR_CERTIFICATE_NAME',
        () => {
          copyFileSync(elsewhere.key, pair.key);
          copyFileSync(elsewhere.cert, pair.cert);
        },
      ],
    ];
    for (const [wanted, put] of states) {
      put();
      const during = Promise.all([shown(port), shown(port), shown(port)]);
      await Promise.all([following.check(), following.check()]);
      expect(await during, wanted).toEqual([serial, serial, serial]);
      expect(refused.splice(0), wanted).toEqual([wanted]);
      expect(await shown(port)).toBe(serial);
    }
    copyFileSync(other.key, pair.key);
    copyFileSync(other.cert, pair.cert);
    await following.check();
    expect(refused).toEqual([]);
    expect(await shown(port)).toBe(serialOf(other.cert));
  });

  it('refuses a pair that has run out by the time it is put there', async () => {
    const clock = clockAt(Date.now());
    const { tls, port, pair } = await serve({ clock });
    const refused: unknown[] = [];
    const following = tls.follow({ onRefused: (error) => refused.push(error) });
    clock.ms += 100 * dayMs;
    writeFileSync(pair.cert, `${pem(pair.cert)}\n`);
    await following.check();
    expect(refused).toEqual([code('ERR_CERTIFICATE_DATES')]);
    expect(await shown(port)).toBe(serialOf(pair.cert));
  });

  it('alarms at a third of the life, at a tenth and at the end, and daily', async () => {
    const clock = clockAt(Date.now());
    const { tls, pair } = await serve({ clock });
    const alarms: string[] = [];
    const following = tls.follow({ onExpiring: ({ level }) => alarms.push(level) });
    for (const days of [59, 2, 0, 1, 20, 20]) {
      clock.ms += days * dayMs;
      await following.check();
      alarms.push('|');
    }
    expect(alarms.join(' ')).toBe('| due | | due | urgent | expired |');
    expect(pair.expiresAtMs).toBeGreaterThan(0);
  });

  it('looks at SIGHUP, until the server closes', async () => {
    const { tls } = await serve();
    const before = process.listenerCount('SIGHUP');
    tls.follow({ sighup: false });
    expect(process.listenerCount('SIGHUP')).toBe(before);
    tls.follow();
    expect(process.listenerCount('SIGHUP')).toBe(before + 1);
    await tls.close();
    expect(process.listenerCount('SIGHUP')).toBe(before);
  });

  it('refuses options it does not know', async () => {
    const { tls } = await serve();
    expect(() => tls.follow({ every: 5 } as object)).toThrow(code('ERR_OPTION_UNKNOWN'));
    expect(() => tls.follow({ everyMs: 5 })).toThrow(code('ERR_OPTION_INVALID'));
  });
});

describe('several hosts', () => {
  it('each get their own certificate, any other name the server’s, also after a reload', async () => {
    const second = await developmentPair(['second.test']);
    const { tls, port, pair } = await serve({ hosts: { 'Second.test': { key: second.key, cert: second.cert } } });
    for (let round = 0; round < 2; round += 1) {
      expect(await shown(port, 'second.test')).toBe(serialOf(second.cert));
      expect(await shown(port, 'SECOND.test')).toBe(serialOf(second.cert));
      expect(await shown(port, 'third.test')).toBe(serialOf(pair.cert));
      const renewed = await developmentPair(['second.test']);
      copyFileSync(renewed.key, second.key);
      copyFileSync(renewed.cert, second.cert);
      await tls.reload();
    }
  });

  it('must each have a certificate for their name', async () => {
    const second = await developmentPair(['second.test']);
    await expect(serve({ hosts: { 'third.test': { key: second.key, cert: second.cert } } })).rejects.toThrow(
      code('ERR_CERTIFICATE_NAME'),
    );
    await expect(serve({ hosts: { 'third.test': { key: second.key } as never } })).rejects.toThrow(
      code('ERR_OPTION_INVALID'),
    );
  });
});

describe('session tickets', () => {
  function visit(port: number, session?: Buffer): Promise<{ resumed: boolean; ticket: Buffer }> {
    return new Promise((resolve, reject) => {
      const socket: TLSSocket = connect({
        port,
        host: '127.0.0.1',
        servername: 'shop.test',
        rejectUnauthorized: false,
        session,
      });
      let ticket: Buffer | undefined;
      socket.once('session', (given: Buffer) => {
        ticket = given;
      });
      socket.once('secureConnect', () =>
        socket.write('GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n'),
      );
      socket.resume();
      socket.once('end', () => {
        resolve({ resumed: socket.isSessionReused(), ticket: ticket ?? Buffer.alloc(0) });
        socket.destroy();
      });
      socket.once('error', reject);
    });
  }

  it('resume, until their key is rotated', async () => {
    const { tls, port } = await serve();
    const { ticket } = await visit(port);
    expect((await visit(port, ticket)).resumed).toBe(true);
    tls.rotateTickets();
    expect((await visit(port, ticket)).resumed).toBe(false);
  });

  it('have a new key every twelve hours, until the server closes', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { tls } = await serve();
    const rotated = vi.spyOn(tls.server, 'setTicketKeys');
    vi.advanceTimersByTime(24 * 3_600_000);
    expect(rotated).toHaveBeenCalledTimes(2);
    expect(rotated.mock.calls[0]?.[0]).not.toEqual(rotated.mock.calls[1]?.[0]);
    await tls.close();
    vi.advanceTimersByTime(24 * 3_600_000);
    expect(rotated).toHaveBeenCalledTimes(2);
  });
});
