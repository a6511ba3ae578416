import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTlsServer, type TlsServerOptions } from '../../src/transport/index.js';
import { developmentPair, exchange, overTcp, overTls, request } from './loopback.js';
import { headerFaults } from './plaintext-matrix.js';

const origin = 'https://shop.test';

async function serve(options: Partial<TlsServerOptions> = {}) {
  const pair = await developmentPair();
  const reached: string[] = [];
  const app: RequestListener = (req, res) => {
    reached.push(`${req.method} ${req.url}`);
    req.resume().once('end', () => res.end('from the application'));
  };
  const tls = createTlsServer(app, {
    key: pair.key,
    cert: pair.cert,
    port: 0,
    origin,
    graceMs: 200,
    plaintext: { origin, cookies: ['__Host-sid'], health: ['/healthz'] },
    ...options,
  });
  const { port } = await tls.listen();
  onTestFinished(() => tls.close());
  return { tls, port, ca: readFileSync(pair.ca), reached };
}

const shop = { Host: 'shop.test' };
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));

describe('one port for both', () => {
  it('serves TLS, and refuses plaintext as a listener of its own would', async () => {
    const { port, ca, reached } = await serve();
    for (let round = 0; round < 3; round += 1) {
      expect((await overTls(port, ca, request('GET /', shop))).body).toBe('from the application');
      const page = await overTcp(port, request('GET /account?tab=1', shop));
      expect([page.status, page.headers.get('location')]).toEqual([308, `${origin}/account?tab=1`]);
      expect((await overTcp(port, request('POST /login', shop))).status).toBe(403);
      expect((await overTcp(port, request('GET /', { Cookie: '__Host-sid=x' }))).status).toBe(403);
      expect((await overTcp(port, request('GET /healthz'))).status).toBe(204);
      const nonsense = await overTcp(port, '\x80\x2e\x01\x03\x01\r\n\r\n');
      expect([nonsense.status, headerFaults(nonsense, false)]).toEqual([400, []]);
    }
    expect(reached).toEqual(Array.from({ length: 3 }, () => 'GET /'));
  });

  it('tells them apart whatever pieces the bytes come in', async () => {
    const { port, ca } = await serve();
    const slowly = (bytes: string) => {
      const socket = connectTcp(port, '127.0.0.1').setNoDelay(true);
      void (async () => {
        for (const byte of bytes) await new Promise((resolve) => socket.write(byte, 'latin1', resolve));
      })();
      return exchange(socket, '');
    };
    expect((await slowly(request('GET /x', shop))).headers.get('location')).toBe(`${origin}/x`);
    // A client's first flight a byte at a time, through a connection in between.
    const raw = connectTcp(port, '127.0.0.1').setNoDelay(true);
    const [near, far] = duplexPair();
    raw.on('data', (chunk) => far.write(chunk)).once('end', () => far.end());
    void (async () => {
      for await (const chunk of far) {
        for (const byte of chunk as Buffer) await new Promise((resolve) => raw.write(Buffer.of(byte), resolve));
      }
    })();
    const socket = connectTls({ socket: near, servername: 'shop.test', ca });
    expect((await exchange(socket, request('GET /', shop))).body).toBe('from the application');
    raw.destroy();
  });

  it('gives bodies of megabytes through, and leaves those of plaintext unread', async () => {
    const { port, ca } = await serve();
    const body = 'x'.repeat(2_000_000);
    const head = request('POST /', { ...shop, 'Content-Length': String(body.length) });
    expect((await overTls(port, ca, [head, body])).body).toBe('from the application');
    expect((await overTcp(port, [head, body])).status).toBe(403);
    const expecting = await overTcp(port, request('POST /', { 'Content-Length': '9', Expect: '100-continue' }));
    expect([expecting.status, expecting.bytes.includes('100 Continue')]).toEqual([403, false]);
  });

  it('ends clients that say nothing, stop in their headers, or stop in the handshake', async () => {
    const { port } = await serve({ headersTimeoutMs: 1000 });
    const silent = connectTcp(port, '127.0.0.1').resume();
    const hello = connectTcp(port, '127.0.0.1').resume();
    hello.write(Buffer.from([0x16, 0x03, 0x01, 0x02]));
    const late = overTcp(port, 'GET / HTTP/1.1\r\nHost: shop.test\r\n');
    await Promise.all([closed(silent), closed(hello)]);
    expect([(await late).status, headerFaults(await late, false)]).toEqual([408, []]);
  });

  it('ends at once clients that close their side first, or reset, and goes on', async () => {
    const { tls, port, ca } = await serve({ headersTimeoutMs: 120_000 });
    const half = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true }).resume();
    half.once('connect', () => half.end());
    await closed(half);
    const reset = connectTcp(port, '127.0.0.1');
    await new Promise<void>((resolve) => reset.once('connect', () => resolve()));
    const gone = closed(reset);
    reset.resetAndDestroy();
    await gone;
    const still = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
    const answer = exchange(still, request('GET /late', shop));
    still.end();
    expect((await answer).status).toBe(308);
    expect((await overTls(port, ca, request('GET /', shop))).status).toBe(200);
    const open = await new Promise((resolve) => tls.server.getConnections((_error, count) => resolve(count)));
    expect(open).toBe(0);
  });

  it('stops with what is open: silent clients, idle ones and both kinds of requests', async () => {
    const { tls, port, ca } = await serve({ graceMs: 100 });
    const silent = connectTcp(port, '127.0.0.1').resume();
    const begun = connectTcp(port, '127.0.0.1').resume();
    begun.write('GET / HTTP/1.1\r\nHost:');
    const idle = connectTls({ port, host: '127.0.0.1', servername: 'shop.test', ca }).resume();
    const all = [silent, begun, idle].map((socket) => {
      socket.on('error', () => {});
      return closed(socket);
    });
    await new Promise((resolve) => idle.once('secureConnect', resolve));
    await tls.close();
    await Promise.all(all);
  });
});
