import { readFileSync } from 'node:fs';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createProxies, createTlsServer, errors, type TlsOnlyOptions, tlsOnly } from '../../src/transport/index.js';
import { developmentPair, listening, overTcp, overTls, request } from './loopback.js';

const origin = 'https://shop.example';
const listed = { proxies: createProxies({ trusted: ['127.0.0.1'] }) };

/** An application that says what reached it. */
function application(options: Partial<TlsOnlyOptions> = {}) {
  const reached: string[] = [];
  const app = express();
  app.use(tlsOnly({ origin, apiPaths: ['/api/'], cookies: ['__Host-sid'], health: ['/healthz'], ...options }));
  app.use(express.text(), (req, res) => {
    reached.push(`${req.method} ${req.url} ${String(req.body ?? '')}`);
    res.send('from the application');
  });
  app.use(errors());
  return { app, reached };
}

describe('tlsOnly, in plaintext', () => {
  it('lets nothing reach the application and nothing of it reach the client', async () => {
    const { app, reached } = application();
    const port = await listening(app);
    const statuses = [];
    for (const [line, headers] of [
      ['GET /', {}],
      ['GET /', { Cookie: '_ga=1' }],
      ['GET /', { Host: 'evil.example' }],
      ['GET /', { 'X-Forwarded-Proto': 'https' }],
      ['GET /', { Forwarded: 'proto=https' }],
      ['GET /', { Authorization: 'Basic eDp5' }],
      ['GET /', { Cookie: '__Host-sid=x' }],
      ['GET /api/orders', {}],
      ['POST /login', {}],
    ] as const) {
      const answer = await overTcp(port, request(line, headers));
      statuses.push(answer.status);
      expect(answer.headers.has('x-powered-by')).toBe(false);
      expect(answer.headers.has('strict-transport-security')).toBe(false);
      if (answer.status === 308) expect(answer.headers.get('location')).toBe(`${origin}/`);
      expect(answer.bytes).not.toMatch(/evil|from the application/);
    }
    expect(statuses).toEqual([308, 308, 308, 308, 308, 403, 403, 403, 403]);
    expect(reached).toEqual([]);
  });

  it('refuses a POST at once and leaves its body unread', async () => {
    const { app, reached } = application();
    const port = await listening(app);
    const answer = await overTcp(port, request('POST /login', { 'Content-Length': '1000000' }, 'password=hunter2'));
    expect([answer.status, answer.headers.get('connection')]).toEqual([403, 'close']);
    const eager = await overTcp(port, [request('POST /login', { 'Content-Length': '1000000' }), 'x'.repeat(1_000_000)]);
    expect(eager.status).toBe(403);
    expect(reached).toEqual([]);
  });

  it('redirects with the whole path where it is mounted below one', async () => {
    const app = express();
    app.use('/shop', tlsOnly({ origin }));
    const answer = await overTcp(await listening(app), request('GET /shop/cart?id=1'));
    expect(answer.headers.get('location')).toBe(`${origin}/shop/cart?id=1`);
  });

  it('ignores what Express believes of a proxy', async () => {
    const { app, reached } = application();
    app.set('trust proxy', true);
    const port = await listening(app);
    expect((await overTcp(port, request('POST /', { 'X-Forwarded-Proto': 'https' }))).status).toBe(403);
    expect(reached).toEqual([]);
  });
});

describe('tlsOnly, behind a listed proxy', () => {
  it('passes what the proxy says came over TLS, and only that', async () => {
    const { app, reached } = application(listed);
    const port = await listening(app);
    const status = async (headers: Record<string, string>) =>
      (
        await overTcp(
          port,
          request('POST /login', { 'Content-Type': 'text/plain', 'Content-Length': '1', ...headers }, 'x'),
        )
      ).status;
    expect(await status({ 'X-Forwarded-Proto': 'https' })).toBe(200);
    for (const proto of ['http', 'https, http', 'http, https', 'https, https', ''])
      expect(await status({ 'X-Forwarded-Proto': proto }), proto).toBe(403);
    expect(await status({ Forwarded: 'for=192.0.2.1;proto=https' })).toBe(403);
    expect(await status({})).toBe(403);
    expect(reached).toEqual(['POST /login x']);
  });
});

describe('tlsOnly, over TLS', () => {
  const secure = { 'X-Forwarded-Proto': 'https' };

  it('refuses every host but its own, without an echo', async () => {
    const { app, reached } = application(listed);
    const port = await listening(app);
    for (const Host of [
      'evil.example',
      'shop.example.evil.example',
      'shop.example:8443',
      'shop.example, evil.example',
      '',
      'user@shop.example',
    ]) {
      const answer = await overTcp(port, request('GET /', { ...secure, Host }));
      expect(answer.status, Host).toBe(421);
      expect(answer.bytes).not.toMatch(/evil/);
    }
    const twice = await overTcp(port, request('GET /', { ...secure, host: 'evil.example' }));
    expect(twice.status).toBe(421);
    const absolute = await overTcp(port, request('GET http://evil.example/', secure));
    expect(absolute.status).toBe(421);
    expect(reached).toEqual([]);
  });

  it('says which check failed to whoever logs', async () => {
    const seen: unknown[] = [];
    const app = express();
    app.use(tlsOnly({ origin, ...listed }), errors({ onError: ({ error }) => void seen.push(error) }));
    await overTcp(await listening(app), request('GET /', { ...secure, Host: 'evil.example' }));
    expect(seen).toMatchObject([{ code: 'ERR_HOST_MISDIRECTED' }]);
  });

  it('answers to its own host in any case, with the default port or without', async () => {
    const { app, reached } = application(listed);
    const port = await listening(app);
    for (const Host of ['shop.example', 'SHOP.example', 'shop.example:443'])
      expect((await overTcp(port, request('GET /', { ...secure, Host }))).status, Host).toBe(200);
    expect(reached).toHaveLength(3);
  });

  it('answers to further hosts that are listed', async () => {
    const { app } = application({ ...listed, origin: 'https://localhost:8443', otherHosts: ['127.0.0.1:8443'] });
    const port = await listening(app);
    const status = async (Host: string) => (await overTcp(port, request('GET /', { ...secure, Host }))).status;
    expect([await status('localhost:8443'), await status('127.0.0.1:8443')]).toEqual([200, 200]);
    expect([await status('localhost'), await status('localhost:443'), await status('127.0.0.1')]).toEqual([
      421, 421, 421,
    ]);
  });

  it('answers a health path for any host, and for GET and HEAD only', async () => {
    const { app, reached } = application(listed);
    const port = await listening(app);
    const status = async (line: string) => (await overTcp(port, request(line, { ...secure, Host: '10.0.4.7' }))).status;
    expect([await status('GET /healthz?x'), await status('HEAD /healthz')]).toEqual([204, 204]);
    const { headers } = await overTcp(port, request('GET /healthz', { ...secure, Host: '10.0.4.7' }));
    expect([headers.has('content-security-policy'), headers.has('x-powered-by')]).toEqual([true, false]);
    expect([await status('POST /healthz'), await status('GET /healthz/')]).toEqual([421, 421]);
    expect(reached).toEqual([]);
  });

  it('takes the socket’s own TLS as proof', async () => {
    const pair = await developmentPair();
    const { app, reached } = application({ origin: 'https://shop.test' });
    const tls = createTlsServer(app, { key: pair.key, cert: pair.cert, port: 0 });
    const { port } = await tls.listen();
    onTestFinished(() => tls.close());
    const answer = await overTls(
      port,
      readFileSync(pair.ca),
      request(
        'POST /a',
        { Host: 'shop.test', 'Content-Type': 'text/plain', 'Content-Length': '1', 'X-Forwarded-Proto': 'http' },
        'x',
      ),
    );
    expect([answer.status, answer.body]).toEqual([200, 'from the application']);
    expect(reached).toEqual(['POST /a x']);
  });

  it('refuses options it does not know', () => {
    const misspelt = { origin, proxy: ['127.0.0.1'] } as unknown as TlsOnlyOptions;
    expect(() => tlsOnly(misspelt)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_UNKNOWN' }));
    const trusting = { origin, proxies: true } as unknown as TlsOnlyOptions;
    expect(() => tlsOnly(trusting)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });
});
