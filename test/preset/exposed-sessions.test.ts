import { createServer, type Server } from 'node:http';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maybeSessionOf } from '../../src/sessions/index.js';
import { ada, newAccount, passphrase, type TestShop, testShop } from '../shop/shop.js';
import { inMemory } from '../transport/in-memory.js';
import { type Answer, request } from '../transport/loopback.js';
import { headerFaults } from '../transport/plaintext-matrix.js';

let shop: TestShop;
let server: Server;
const seen: string[] = [];

beforeAll(async () => {
  shop = await testShop({
    apiPaths: ['/api/'],
    onExposedCredential: (exposed) =>
      void seen.push(...exposed.map(({ value }) => value.reveal()).filter((text) => text.startsWith('Bearer'))),
  });
  const { keep } = shop;
  const app = express().use(keep.guard, express.json());
  app.post('/login', keep.logins.limit, async (req, res) => {
    const account = await keep.logins.verify(req, req.body as object);
    if (account === null) return void res.status(401).json({});
    await keep.sessions.start(req, res, account.id);
    res.json({});
  });
  app.get('/', keep.sessions.middleware, (req, res) => void res.json({ signedIn: maybeSessionOf(req) !== undefined }));
  app.use(keep.notFound, keep.errors);
  server = createServer(app);
  await newAccount(shop);
});
afterAll(() => shop.close());

const overTls = (bytes: string): Promise<Answer> => inMemory(server, bytes, '203.0.113.7', true);
const inPlaintext = (bytes: string, address = '203.0.113.7'): Promise<Answer> => inMemory(server, bytes, address);

async function signedIn(): Promise<string> {
  const body = JSON.stringify({ email: ada.email, password: passphrase });
  const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
  const { bytes, status } = await overTls(request('POST /login', headers, body));
  expect(status).toBe(200);
  return /__Host-session=[\w-]+/.exec(bytes)?.[0] ?? '';
}
const home = (cookie: string): Promise<Answer> =>
  overTls(request('GET /', { Cookie: cookie, Accept: 'application/json' }));

describe('a session cookie that was sent in plaintext', () => {
  it('is ended, and whoever uses it next over TLS is told once', async () => {
    const [cookie, other] = [await signedIn(), await signedIn()];
    expect((await home(cookie)).body).toContain('true');
    const refused = await inPlaintext(request('GET /', { Cookie: `theme=dark; ${cookie}` }));
    expect(refused.status).toBe(403);
    const { database } = shop.test;
    await expect
      .poll(
        async () =>
          (await database.query("select 1 from safekeep.security_events where kind = 'session.exposed'")).length,
      )
      .toBe(1);
    const told = await home(cookie);
    expect([told.status, JSON.parse(told.body).detail]).toEqual([
      401,
      'This session was ended: its cookie had been sent without encryption. Please sign in again.',
    ]);
    const logged = shop.lines.filter((line) => line.includes('EXPOSED')).map((line) => JSON.parse(line) as object);
    expect(logged).toMatchObject([{ code: 'ERR_SESSION_EXPOSED', status: 401 }]);
    expect(told.headers.get('set-cookie')).toMatch(/^__Host-session=; Path=\/; Max-Age=0/);
    expect(
      headerFaults({ ...told, headers: new Map([...told.headers].filter(([name]) => name !== 'set-cookie')) }, true),
    ).toEqual([]);
    expect((await home(cookie)).body).toContain('false');
    expect((await home(other)).body).toContain('true');
  });

  it('is answered like one that is none, and guesses are told of nothing', async () => {
    const cookie = await signedIn();
    const bytes = [cookie, `__Host-session=${'A'.repeat(43)}`, '__Host-session=x'];
    const answers = await Promise.all(bytes.map((each) => inPlaintext(request('POST /', { Cookie: each }))));
    expect(new Set(answers.map((answer) => answer.bytes)).size).toBe(1);
    expect((await home(`__Host-session=${'A'.repeat(43)}`)).body).toContain('false');
  });

  it('is looked up sixty times an hour from one network, and the application is asked as often', async () => {
    seen.splice(0);
    for (let at = 0; at < 70; at += 1)
      await inPlaintext(request('GET /', { Authorization: `Bearer ${at}` }), '198.51.100.9');
    await expect.poll(() => seen.length).toBe(60);
    const cookie = await signedIn();
    await inPlaintext(request('GET /', { Cookie: cookie }), '198.51.100.9');
    await inPlaintext(request('GET /', { Authorization: 'Bearer elsewhere' }), '192.0.2.9');
    await expect.poll(() => seen.at(-1)).toBe('Bearer elsewhere');
    expect((await home(cookie)).body).toContain('true');
  });

  it('is no page for programs: their paths are refused in plaintext, and never redirected', async () => {
    expect((await inPlaintext(request('GET /api/orders'))).status).toBe(403);
    expect((await inPlaintext(request('GET /orders'))).status).toBe(308);
  });

  it('is refused with every header for another host too', async () => {
    const misdirected = await overTls(request('GET /', { Host: 'evil.example' }));
    expect([misdirected.status, headerFaults(misdirected, true)]).toEqual([421, []]);
  });
});
