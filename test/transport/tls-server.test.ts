import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPlaintextServer, createTlsServer, type TlsServerOptions } from '../../src/transport/index.js';
import { mozillaIntermediate, tlsProfile } from '../../src/transport/tls-profile.js';
import { clockAt, dayMs } from '../certificates/fixtures.js';
import { developmentPair, exchange, overTls, request } from './loopback.js';
import { headerFaults } from './plaintext-matrix.js';
import { wholeStack } from './whole-stack.js';

const data = join(import.meta.dirname, '../../../shared/data/mozilla-tls-guidelines-6.0.json');
const hello: RequestListener = (_req, res) => void res.end('hello');

async function serve(app: RequestListener = hello, options: Partial<TlsServerOptions> = {}) {
  const pair = await developmentPair();
  const tls = createTlsServer(app, { key: pair.key, cert: pair.cert, port: 0, graceMs: 200, ...options });
  const { port } = await tls.listen();
  onTestFinished(() => tls.close());
  return { tls, port, pair, ca: readFileSync(pair.ca) };
}

/** Shakes hands as told; what was agreed, or the code of the refusal. */
function shake(
  port: number,
  ca: Buffer,
  options: ConnectionOptions = {},
): Promise<{ agreed?: string; socket?: TLSSocket; refused?: string }> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'shop.test', ca, ...options });
    socket.once('secureConnect', () =>
      resolve({ agreed: `${socket.getProtocol()} ${socket.getCipher().standardName}`, socket }),
    );
    socket.once('error', (error: NodeJS.ErrnoException) => resolve({ refused: String(error.code) }));
    onTestFinished(() => void socket.destroy());
  });
}

describe('createTlsServer, what it speaks', () => {
  it('offers exactly the suites of Mozilla 6.0 intermediate that an EC certificate can use', async () => {
    const { port, ca } = await serve();
    for (const cipher of [
      'ECDHE-ECDSA-AES128-GCM-SHA256',
      'ECDHE-ECDSA-AES256-GCM-SHA384',
      'ECDHE-ECDSA-CHACHA20-POLY1305',
    ])
      expect((await shake(port, ca, { ciphers: cipher, maxVersion: 'TLSv1.2' })).agreed, cipher).toMatch(
        /^TLSv1.2 TLS_ECDHE_ECDSA/,
      );
    for (const cipher of [
      'ECDHE-ECDSA-AES128-SHA256',
      'ECDHE-ECDSA-AES256-SHA',
      'ECDHE-ECDSA-AES128-CCM',
      'ECDHE-ECDSA-ARIA128-GCM-SHA256',
      'AES128-GCM-SHA256',
      'DHE-RSA-AES128-GCM-SHA256',
    ])
      expect((await shake(port, ca, { ciphers: cipher, maxVersion: 'TLSv1.2' })).refused, cipher).toBeDefined();
    for (const suite of mozillaIntermediate.ciphersuites) {
      expect((await shake(port, ca, { ciphers: suite, minVersion: 'TLSv1.3' })).agreed).toBe(`TLSv1.3 ${suite}`);
    }
  });

  it('refuses TLS 1.0 and 1.1', async () => {
    const { port, ca } = await serve();
    for (const version of ['TLSv1', 'TLSv1.1'] as const) {
      const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
      expect((await shake(port, ca, old)).refused, version).toBeDefined();
    }
  });

  it('refuses groups outside the guideline', async () => {
    const { port, ca } = await serve();
    for (const [group, agreed] of [
      ['X25519', true],
      ['prime256v1', true],
      ['secp384r1', true],
      ['secp521r1', false],
      ['X448', false],
    ] as const)
      expect((await shake(port, ca, { ecdhCurve: group })).agreed !== undefined, group).toBe(agreed);
  });

  it('names the post-quantum group where this Node knows it, and does not fail where it does not', () => {
    const groups = String(tlsProfile().ecdhCurve).split(':');
    expect(groups.slice(-3)).toEqual(['X25519', 'prime256v1', 'secp384r1']);
    const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);
    expect(groups.includes('X25519MLKEM768')).toBe(major > 3 || (major === 3 && minor >= 5));
  });

  it('lets a client that prefers ChaCha20 have it, and prefers its own order otherwise', async () => {
    const { port, ca } = await serve();
    const ask = async (ciphers: string) => (await shake(port, ca, { ciphers, maxVersion: 'TLSv1.2' })).agreed;
    expect(await ask('ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256')).toContain('CHACHA20');
    expect(await ask('ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256')).toContain('AES_128_GCM');
  });

  it('speaks HTTP/1.1 only, since Express dies on HTTP/2', async () => {
    const { port, ca } = await serve();
    expect((await shake(port, ca, { ALPNProtocols: ['h2', 'http/1.1'] })).socket?.alpnProtocol).toBe('http/1.1');
    expect((await shake(port, ca, { ALPNProtocols: ['h2'] })).refused).toBeDefined();
  });

  it('is the guideline as published on 2026-04-06, to the last word', () => {
    // Mozilla's server-side TLS guidelines 6.0, configuration "intermediate"; typed in here a second time.
    expect(mozillaIntermediate).toEqual({
      ciphersuites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
      ciphers: ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].flatMap((cipher) =>
        ['ECDSA', 'RSA'].map((key) => `ECDHE-${key}-${cipher}`),
      ),
      groups: ['X25519MLKEM768', 'X25519', 'prime256v1', 'secp384r1'],
    });
    const { ciphers, ecdhCurve, minVersion, maxVersion } = tlsProfile();
    const { ciphersuites, ciphers: older, groups } = mozillaIntermediate;
    expect(String(ciphers).split(':')).toEqual([...ciphersuites, ...older]);
    expect(groups).toEqual(expect.arrayContaining(String(ecdhCurve).split(':')));
    expect([minVersion, maxVersion]).toEqual(['TLSv1.2', 'TLSv1.3']);
  });

  it.skipIf(!existsSync(data))('agrees with the published guideline', () => {
    const guideline = JSON.parse(readFileSync(data, 'utf8')) as {
      version: number;
      configurations: { intermediate: Record<string, unknown> };
    };
    const { ciphers, ciphersuites, tls_curves, tls_versions } = guideline.configurations.intermediate;
    expect(guideline.version).toBe(6);
    expect(mozillaIntermediate).toEqual({
      ciphersuites,
      ciphers: (ciphers as { openssl: string[] }).openssl,
      groups: tls_curves,
    });
    expect([tlsProfile().minVersion, tlsProfile().maxVersion]).toEqual(tls_versions);
  });
});

describe('createTlsServer, what it does with broken requests', () => {
  it('answers 400, 413, 417 and 431 with the security headers and HSTS, and ends', async () => {
    const { port, ca } = await serve((req, res) => void req.resume().once('end', () => res.end()));
    const broken = [
      'nonsense ada@example.com\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: ada\r\n\r\n',
      'GET / HTTP/1.1\r\nAccept: */*\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: shop.test\r\nA: ${'ada@example.com'.repeat(2000)}\r\n\r\n`,
      request('GET /', { Expect: 'ada@example.com' }),
      `POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n1;${'ada'.repeat(20_000)}\r\nx\r\n0\r\n\r\n`,
      // Without a listener of ours Node ends the connection without a word.
      'CONNECT ada.example:25 HTTP/1.1\r\nHost: ada.example:25\r\n\r\n',
    ];
    const statuses = [];
    for (const bytes of broken) {
      const answer = await overTls(port, ca, bytes);
      statuses.push(answer.status);
      expect(answer.headers.get('connection')).toBe('close');
      expect(answer.headers.get('strict-transport-security')).toBe('max-age=63072000; includeSubDomains');
      expect(headerFaults(answer, true)).toEqual([]);
      expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(answer.bytes).not.toContain('ada');
    }
    expect(statuses).toEqual([400, 400, 400, 431, 417, 413, 400]);
  });

  it('puts every header on what the guard, the routes and their mistakes answer too', async () => {
    const { app } = wholeStack({
      origin: 'https://shop.test',
      health: ['/healthz'],
      routes: (req, _res, next) => next(req.url === '/fail' ? new Error('ada@example.com') : undefined),
    });
    const { port, ca } = await serve(app);
    const statuses = [];
    for (const [line, headers] of [
      ['GET /none', {}],
      ['GET /fail', {}],
      ['GET /healthz', {}],
      ['GET /', { Host: 'ada.example' }],
      ['POST /none', { Origin: 'https://ada.example' }],
      ['POST /none', { 'Content-Type': 'application/json', 'Content-Length': '3' }],
    ] as const) {
      const body = 'Content-Length' in headers ? '{ad' : '';
      const answer = await overTls(port, ca, request(line, { Host: 'shop.test', ...headers }, body));
      statuses.push(answer.status);
      expect(headerFaults(answer, true), line).toEqual([]);
      expect(answer.bytes).not.toContain('ada');
    }
    expect(statuses).toEqual([404, 500, 204, 421, 403, 400]);
  });

  it('serves HTTP/1.0 without a Host', async () => {
    const { port, ca } = await serve();
    expect((await overTls(port, ca, 'GET / HTTP/1.0\r\n\r\n')).body).toBe('hello');
  });

  it('does not write into an answer that has begun', async () => {
    const { port, ca } = await serve((_req, res) => void res.write('first part'));
    const socket = (await shake(port, ca)).socket as TLSSocket;
    const answer = exchange(socket, request('GET /', { Host: 'shop.test', 'Content-Length': '5' }));
    socket.once('data', () => socket.write('a=1&bnonsense\r\n\r\n'));
    expect((await answer).bytes.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('begins no request that was sent behind one whose answer ends the connection', async () => {
    const reached: string[] = [];
    const { port, ca } = await serve((req, res) => {
      reached.push(String(req.url));
      res.end();
    });
    const second = request('POST /second', { Host: 'shop.test' });
    for (const bytes of [`GET /no-host HTTP/1.1\r\n\r\n${second}`, ['GET /no-host HTTP/1.1\r\n\r\n', second]])
      expect((await overTls(port, ca, bytes)).status).toBe(400);
    expect(reached).toEqual([]);
  });

  it('ends a client that is slow with its headers', async () => {
    const { port, ca } = await serve(hello, { headersTimeoutMs: 1000 });
    const answer = await overTls(port, ca, 'GET / HTTP/1.1\r\nHost: shop.test\r\n');
    expect([answer.status, headerFaults(answer, true)]).toEqual([408, []]);
  });
});

describe('createTlsServer, certificates', () => {
  const code = (wanted: string) => expect.objectContaining({ code: wanted });

  it('refuses to be made with a pair it cannot serve', async () => {
    const { key, cert } = await developmentPair();
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    const make = (options: Partial<TlsServerOptions>) => () =>
      createTlsServer(hello, { key, cert, port: 0, ...options });
    expect(make({ key: String(other) })).toThrow(code('ERR_CERTIFICATE_PAIR'));
    expect(make({ clock: clockAt(Date.now() + 91 * dayMs) })).toThrow(code('ERR_CERTIFICATE_DATES'));
    expect(make({ key: `${key}.none` })).toThrow(code('ERR_CERTIFICATE_UNREADABLE'));
    expect(make({ origin: 'https://shop.example' })).toThrow(code('ERR_CERTIFICATE_NAME'));
    expect(make({ origin: 'https://shop.test:8443' })).not.toThrow();
    expect(make({ key: 7 as unknown as string })).toThrow(code('ERR_OPTION_INVALID'));
  });

  it('serves a renewed pair to new connections and lives on with the old', async () => {
    const { tls, port, ca, pair } = await serve((_req, res) => void res.end('still here'));
    const old = (await shake(port, ca)).socket as TLSSocket;
    const renewed = await developmentPair();
    const key = readFileSync(renewed.key);
    const cert = readFileSync(renewed.cert);
    expect(await tls.reload({ key, cert })).toEqual({ expiresAtMs: renewed.expiresAtMs });
    const fresh = await shake(port, readFileSync(renewed.ca), { minVersion: 'TLSv1.2' });
    expect(fresh.socket?.getPeerX509Certificate()?.serialNumber).toBe(new X509Certificate(cert).serialNumber);
    expect((await exchange(old, request('GET /', { Host: 'shop.test' }))).body).toBe('still here');
    expect(await tls.reload()).toEqual({ expiresAtMs: pair.expiresAtMs });
    expect((await shake(port, ca)).agreed).toBeDefined();
  });

  it('keeps the profile over a reload', async () => {
    const { tls, port, ca } = await serve();
    await tls.reload();
    expect(
      (await shake(port, ca, { ciphers: 'ECDHE-ECDSA-AES128-SHA256', maxVersion: 'TLSv1.2' })).refused,
    ).toBeDefined();
    expect((await shake(port, ca, { ecdhCurve: 'secp521r1' })).refused).toBeDefined();
  });

  it('refuses a broken pair on reload and serves the old one on', async () => {
    const { tls, port, ca, pair } = await serve();
    const good = readFileSync(pair.key);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    for (const [text, wanted] of [
      ['half a k', 'ERR_CERTIFICATE_UNREADABLE'],
      [String(rsa), 'ERR_CERTIFICATE_PAIR'],
    ] as const) {
      writeFileSync(pair.key, text);
      await expect(tls.reload()).rejects.toThrow(code(wanted));
      expect((await shake(port, ca)).agreed).toBeDefined();
    }
    writeFileSync(pair.key, good);
    expect(createPrivateKey(good).asymmetricKeyType).toBe('ec');
    await expect(tls.reload()).resolves.toBeDefined();
  });
});

describe('createTlsServer, listening and closing', () => {
  it('says that the port is taken, or refused, or the address not ours', async () => {
    const { port, pair } = await serve();
    const make = (more: Partial<TlsServerOptions>) =>
      createTlsServer(hello, { key: pair.key, cert: pair.cert, ...more }).listen();
    await expect(make({ port })).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE', facts: { port } });
    await expect(make({ port: 0, host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      facts: { reason: 'EADDRNOTAVAIL' },
    });
    await expect(createPlaintextServer({ origin: 'https://shop.test', port }).listen()).rejects.toMatchObject({
      code: 'ERR_PORT_IN_USE',
    });
    const refusing = createHttpServer();
    refusing.listen = () => {
      setImmediate(() => refusing.emit('error', Object.assign(new Error(), { code: 'EACCES' })));
      return refusing;
    };
    const { listenOn } = await import('../../src/transport/listen.js');
    await expect(listenOn(refusing, 443, '127.0.0.1')).rejects.toMatchObject({ code: 'ERR_PORT_REFUSED' });
  });

  it('listens on loopback unless told otherwise', async () => {
    const { tls } = await serve();
    expect(tls.server.address()).toMatchObject({ address: '127.0.0.1' });
  });

  it('lets requests in progress finish and then ends their connections', async () => {
    let finish = () => {};
    const begun = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { tls, port, ca } = await serve(
      (_req, res) => {
        finish();
        setImmediate(() => void tls.close().then(() => order.push('closed')));
        setTimeout(() => {
          order.push('answered');
          res.end('whole');
        }, 30);
      },
      { graceMs: 5000 },
    );
    const order: string[] = [];
    const answer = exchange((await shake(port, ca)).socket as TLSSocket, 'GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    await begun;
    const start = performance.now();
    expect(await answer).toMatchObject({ body: 'whole', status: 200 });
    expect((await answer).headers.get('connection')).toBe('close');
    await tls.close();
    expect(order).toEqual(['answered', 'closed']);
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it('ends a connection whose answer had begun when the draining did, and says so to what comes behind it', async () => {
    const open: ServerResponse[] = [];
    let onSecond = () => {};
    const second = new Promise<void>((resolve) => {
      onSecond = resolve;
    });
    const { tls, port, ca } = await serve(
      (req, res) => {
        res.writeHead(200, { 'Content-Length': '2', ...(req.url === '/first' ? {} : { 'X-Second': 'yes' }) });
        res.write('a');
        open.push(res);
        if (req.url === '/second') onSecond();
      },
      { graceMs: 5000 },
    );
    const socket = (await shake(port, ca)).socket as TLSSocket;
    const answer = exchange(socket, 'GET /first HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    const start = performance.now();
    const closed = tls.close();
    socket.write('GET /second HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    await second;
    for (const res of open) res.end('b');
    const [, first, next] = (await answer).bytes.split('HTTP/1.1');
    expect(first).toContain('Connection: keep-alive');
    expect(next).toMatch(/X-Second: yes/);
    expect(next).toMatch(/Connection: close/);
    await closed;
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it('does not wait for the keep-alive of a connection whose answer had begun', async () => {
    const open: ServerResponse[] = [];
    const app: RequestListener = (_req, res) => {
      res.writeHead(200).flushHeaders();
      open.push(res);
    };
    const { tls, port, ca } = await serve(app, { graceMs: 5000 });
    const socket = (await shake(port, ca)).socket as TLSSocket;
    const answer = exchange(socket, 'GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    const start = performance.now();
    const closed = tls.close();
    open[0]?.end('whole');
    expect((await answer).body).toContain('whole');
    await closed;
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it('takes no new connection while it drains, and drops silent ones after the grace', async () => {
    const { tls, port, ca } = await serve(() => {}, { graceMs: 100 });
    const silent = connectTcp(port, '127.0.0.1');
    silent.on('error', () => {});
    const stuck = (await shake(port, ca)).socket as TLSSocket;
    stuck.on('error', () => {});
    stuck.write(request('GET /', { Host: 'shop.test' }));
    const gone = Promise.all([silent, stuck].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    const closed = tls.close();
    expect((await shake(port, ca)).refused).toBe('ECONNREFUSED');
    await Promise.all([closed, gone]);
    expect(tls.close()).toBe(tls.close());
  });
});
