import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPlaintextServer, type PlaintextServerOptions } from '../../src/transport/index.js';
import { type Answer, exchange, overTcp, request } from './loopback.js';
import { headerFaults } from './plaintext-matrix.js';

const origin = 'https://shop.example';

async function serve(options: Partial<PlaintextServerOptions> = {}): Promise<number> {
  const plain = createPlaintextServer({
    origin,
    port: 0,
    apiPaths: ['/api/'],
    cookies: ['__Host-sid'],
    health: ['/healthz'],
    ...options,
  });
  const { port } = await plain.listen();
  onTestFinished(() => plain.close());
  return port;
}

const redirected = (answer: Answer) => answer.status === 308 && answer.headers.get('location');

describe('createPlaintextServer', () => {
  it('answers every combination of what is asked, how and with what as promised', async () => {
    const port = await serve();
    const credentials = { Authorization: { Authorization: 'Bearer x' }, ownCookie: { Cookie: 'a=1; __Host-sid=x' } };
    const harmless = {
      nothing: {},
      strayCookie: { Cookie: '_ga=GA1.2; sid=1' },
      hostileHost: { Host: 'evil.example' },
      noHost: { Host: 'shop.example:8080' },
      forwarded: { 'X-Forwarded-Proto': 'https', Forwarded: 'proto=https', 'X-Forwarded-Host': 'evil.example' },
    };
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      for (const [path, isPage] of [
        ['/account?tab=1', true],
        ['/api/account', false],
      ] as const) {
        for (const [what, headers] of Object.entries({ ...credentials, ...harmless })) {
          const answer = await overTcp(port, request(`${method} ${path}`, headers));
          const asked = `${method} ${path} ${what}`;
          const mayRedirect = (method === 'GET' || method === 'HEAD') && isPage && !(what in credentials);
          expect(answer.status, asked).toBe(mayRedirect ? 308 : 403);
          expect(answer.headers.get('location'), asked).toBe(mayRedirect ? `${origin}${path}` : undefined);
          expect(answer.headers.get('connection'), asked).toBe('close');
          expect(answer.headers.has('strict-transport-security'), asked).toBe(false);
          expect(answer.headers.has('set-cookie'), asked).toBe(false);
          expect(answer.bytes, asked).not.toMatch(/evil|Bearer|__Host-sid/);
        }
      }
    }
  });

  it('gives the same bytes for any credential and any body', async () => {
    const port = await serve();
    const answers = await Promise.all([
      overTcp(port, request('POST /login', { Authorization: 'Bearer valid' })),
      overTcp(port, request('POST /login', { Authorization: 'Basic wrong' })),
      overTcp(port, request('POST /login', { Cookie: '__Host-sid=any' })),
      overTcp(port, request('POST /login', { 'Content-Length': '9' }, 'password=')),
      overTcp(port, request('DELETE /other?token=1')),
    ]);
    expect(new Set(answers.map((answer) => answer.bytes)).size).toBe(1);
    expect(answers[0]?.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  it('gives a program problem details, the same for all', async () => {
    const port = await serve();
    const byPath = await overTcp(port, request('POST /api/orders', { Authorization: 'Bearer a' }));
    const byAccept = await overTcp(port, request('GET /orders', { Accept: 'application/json' }));
    expect(byAccept.bytes).toBe(byPath.bytes);
    expect(byPath.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(JSON.parse(byPath.body)).toMatchObject({ status: 403, title: 'Forbidden' });
  });

  it('takes a predicate for what is a program’s', async () => {
    const port = await serve({ apiPaths: (path) => path.endsWith('.json') });
    expect((await overTcp(port, request('GET /a.json?x=1'))).status).toBe(403);
    expect((await overTcp(port, request('GET /a?x=.json'))).status).toBe(308);
  });

  it('echoes nothing but a plain path, and only behind its own origin', async () => {
    const port = await serve();
    for (const target of [
      '//evil.example',
      '/\\evil.example',
      'http://evil.example/',
      'http://shop.example/',
      '*',
      '/a\\b',
      '@evil.example',
      '.evil.example',
      '/\u00e9',
    ])
      expect((await overTcp(port, request(`GET ${target}`))).headers.get('location'), target).toBeUndefined();
    expect(redirected(await overTcp(port, request('GET /a/..//b?c=%0d%0aSet-Cookie:x')))).toBe(
      `${origin}/a/..//b?c=%0d%0aSet-Cookie:x`,
    );
    const split = await overTcp(port, 'GET /\r\nSet-Cookie: a=b HTTP/1.1\r\n\r\n');
    expect(split.headers.has('set-cookie')).toBe(false);
  });

  it('redirects to the port of the configured origin', async () => {
    const port = await serve({ origin: 'https://localhost:8443' });
    expect(redirected(await overTcp(port, request('GET /', { Host: 'localhost:8080' })))).toBe(
      'https://localhost:8443/',
    );
  });

  it('does not redirect a GET that brings a body', async () => {
    const port = await serve();
    expect((await overTcp(port, request('GET /', { 'Content-Length': '3' }, 'a=b'))).status).toBe(403);
    expect((await overTcp(port, request('GET /', { 'Transfer-Encoding': 'chunked' }, '0\r\n\r\n'))).status).toBe(403);
  });

  it('answers a declared health path exactly, without a credential only', async () => {
    const port = await serve();
    expect((await overTcp(port, request('GET /healthz', { Host: '10.0.4.9' }))).status).toBe(204);
    expect((await overTcp(port, request('HEAD /healthz'))).status).toBe(204);
    expect((await overTcp(port, request('GET /healthz/x'))).status).toBe(308);
    expect((await overTcp(port, request('POST /healthz'))).status).toBe(403);
    expect((await overTcp(port, request('GET /healthz', { Cookie: '__Host-sid=x' }))).status).toBe(403);
  });

  it('answers a pending challenge at its exact path, without a credential or a body only', async () => {
    const path = '/.well-known/acme-challenge/abcdefghijklmnop';
    const port = await serve({ challenges: { answer: (asked) => (asked === path ? 'the proof' : undefined) } });
    const found = await overTcp(port, request(`GET ${path}`, { Host: '127.0.0.1' }));
    expect([found.status, found.body, found.headers.get('content-type')]).toEqual([
      200,
      'the proof',
      'application/octet-stream',
    ]);
    expect(headerFaults(found, false)).toEqual([]);
    expect((await overTcp(port, request(`HEAD ${path}`))).status).toBe(200);
    expect((await overTcp(port, request(`GET ${path}?x`))).status).toBe(308);
    expect((await overTcp(port, request(`POST ${path}`))).status).toBe(403);
    expect((await overTcp(port, request(`GET ${path}`, { Authorization: 'x' }))).status).toBe(403);
    expect((await overTcp(port, request(`GET ${path}`, { 'Content-Length': '1' }, 'x'))).status).toBe(403);
  });

  it('answers before the body has come, and before it was asked for', async () => {
    const port = await serve();
    const headers = { 'Content-Length': '1000000' };
    const slow = await overTcp(port, request('POST /login', headers, 'password=hun'));
    expect(slow.status).toBe(403);
    const expecting = await overTcp(port, request('POST /login', { ...headers, Expect: '100-continue' }));
    expect([expecting.status, expecting.bytes.includes('100 Continue')]).toEqual([403, false]);
  });

  it('gets its answer to a client that keeps sending', async () => {
    const port = await serve();
    for (let round = 0; round < 10; round += 1) {
      const answer = await overTcp(port, [
        request('POST /login', { 'Content-Length': '1000000' }),
        'x'.repeat(1_000_000),
      ]);
      expect(answer.status).toBe(403);
    }
  });

  it('gets its answer to a client that sends nonsense and goes on with it', async () => {
    const port = await serve();
    for (let round = 0; round < 10; round += 1) {
      const answer = await overTcp(port, ['nonsense\r\n\r\n', 'x'.repeat(1_000_000)]);
      expect(answer.status).toBe(400);
    }
  });

  it('drops what is sent after its answer unseen, without a reset that would take the answer along', async () => {
    const port = await serve();
    for (const bytes of [request('POST /login', { 'Content-Length': '1000000' }), 'nonsense\r\n\r\n']) {
      const errors: Error[] = [];
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', (error) => void errors.push(error)).resume();
      socket.write(bytes);
      await new Promise((resolve) => socket.once('end', resolve));
      for (let part = 0; part < 5; part += 1) await new Promise((resolve) => socket.write('x'.repeat(20_000), resolve));
      await new Promise((resolve) => socket.once('close', resolve).end());
      expect(errors, bytes.slice(0, 8)).toEqual([]);
    }
  });

  it('drops a client that never ends, well before its request is overdue', async () => {
    const start = performance.now();
    const port = await serve();
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.write(request('POST /', { 'Content-Length': '9000000' }));
    const sending = setInterval(() => socket.write('x'), 50);
    onTestFinished(() => clearInterval(sending));
    await closed;
    expect(performance.now() - start).toBeLessThan(6000);
  });

  it('answers nothing more on a connection it has ended', async () => {
    const seen: string[] = [];
    const port = await serve({ onExposedCredential: (exposed) => void seen.push(exposed[0]?.value.reveal() ?? '') });
    const first = request('POST /', { Authorization: 'first' }).replace('Connection: close\r\n', '');
    const answer = await exchange(connect(port, '127.0.0.1'), [first, request('POST /', { Authorization: 'second' })]);
    expect(answer.bytes.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(seen).toEqual(['first']);
  });

  it('tells of an exposed credential after the answer, as a value that does not print itself', async () => {
    const seen: { text: string; values: string[]; ended: boolean }[] = [];
    const port = await serve({
      onExposedCredential: (exposed, req) => {
        seen.push({
          text: JSON.stringify(exposed),
          values: exposed.map(({ kind, name, value }) => `${kind} ${name} ${value.reveal()}`),
          ended: req.socket.writableEnded,
        });
      },
    });
    await overTcp(port, request('GET /', { Authorization: 'Bearer hunter2', Cookie: '__Host-sid=abc; _ga=1' }));
    await overTcp(port, request('GET /', { Cookie: '_ga=1' }));
    expect(seen).toHaveLength(1);
    expect(seen[0]?.ended).toBe(true);
    expect(seen[0]?.values).toEqual(['authorization authorization Bearer hunter2', 'cookie __Host-sid abc']);
    expect(seen[0]?.text).not.toMatch(/hunter2|abc/);
  });

  it('answers all the same when the hook fails, and warns', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => void warnings.push(warning);
    process.on('warning', listen);
    onTestFinished(() => void process.off('warning', listen));
    const port = await serve({ onExposedCredential: async () => Promise.reject(new Error('Bearer hunter2')) });
    expect((await overTcp(port, request('GET /', { Authorization: 'Bearer hunter2' }))).status).toBe(403);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(warnings.map(String).join()).toMatch(/may not have been revoked/);
    expect(warnings.map(String).join()).not.toMatch(/hunter2/);
  });

  it('carries headers that allow nothing, on refusals and on what is no HTTP', async () => {
    const port = await serve();
    const answers = [
      request('GET /'),
      request('POST /'),
      'nonsense\r\n\r\n',
      request('GET /', { Expect: 'x' }),
      `GET / HTTP/1.1\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`,
    ];
    const statuses = [];
    for (const bytes of answers) {
      const { status, headers } = await overTcp(port, bytes);
      statuses.push(status);
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'.*frame-ancestors 'none'$/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
    }
    expect(statuses).toEqual([308, 403, 400, 417, 431]);
  });

  it('refuses a set-up without an https origin, and options it does not know', () => {
    for (const bad of ['http://shop.example', 'https://shop.example/', 'shop.example'])
      expect(() => createPlaintextServer({ origin: bad })).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
      );
    expect(() => createPlaintextServer({ origin, cookie: [] } as PlaintextServerOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_UNKNOWN' }),
    );
  });
});
