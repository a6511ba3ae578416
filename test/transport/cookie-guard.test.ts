import express, { type Express, type Request, type Response } from 'express';
import session from 'express-session';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { type CookieGuardOptions, cookieGuard, errors } from '../../src/transport/index.js';

const password = 'correct horse battery';
const token = 'rst_b64url-of-32-random-bytes';

/** An application whose one route sets what the test says, in the way the test says. */
function application(write: (req: Request, res: Response) => void, options: CookieGuardOptions = {}) {
  const guard = cookieGuard(options);
  const seen: unknown[] = [];
  const app = express();
  app.use(guard, express.urlencoded({ extended: false }), express.json());
  app.all('/', (req, res) => {
    write(req, res);
    if (!res.writableEnded) res.send('ok');
  });
  app.use(errors({ onError: ({ error }) => void seen.push(error) }));
  return { app, guard, seen };
}
const cookiesOf = async (app: Express) => (await request(app).get('/')).headers['set-cookie'] ?? [];
const setting = (line: string | string[], options?: CookieGuardOptions) =>
  application((_req, res) => void res.setHeader('Set-Cookie', line), options);

describe('cookieGuard in production', () => {
  it('adds Secure and a missing SameSite, keeps the name and the rest, and counts', async () => {
    const { app, guard } = setting([
      'theme=dark; Path=/; HttpOnly',
      '__Host-sid=a; Path=/; Secure; HttpOnly; SameSite=Strict',
    ]);
    expect(await cookiesOf(app)).toEqual([
      'theme=dark; Path=/; HttpOnly; Secure; SameSite=Lax',
      '__Host-sid=a; Path=/; Secure; HttpOnly; SameSite=Strict',
    ]);
    expect(guard.counts()).toMatchObject({ secure_missing: 1, same_site_missing: 1, http_only_missing: 0 });
  });

  it('is not misled by a value that reads like an attribute', async () => {
    expect(await cookiesOf(setting('a=Secure; HttpOnly').app)).toEqual(['a=Secure; HttpOnly; Secure; SameSite=Lax']);
  });

  it('lets the cookies of 3-D Secure and OAuth live: SameSite=None with Secure, names of their own', async () => {
    const lines = [
      'acs_state=x; Path=/; Secure; HttpOnly; SameSite=None',
      'oauth.nonce=y; Secure; HttpOnly; SameSite=Lax',
    ];
    const { app, guard } = setting(lines);
    expect(await cookiesOf(app)).toEqual(lines);
    expect(Object.values(guard.counts()).every((count) => count === 0)).toBe(true);
  });

  it.each([
    ['http_only_missing', 'a=1; Secure; SameSite=Lax'],
    ['same_site_invalid', 'a=1; Secure; HttpOnly; SameSite=Maybe'],
    ['host_prefix_broken', '__Host-a=1; Secure; HttpOnly; SameSite=Lax; Path=/account'],
    ['host_prefix_broken', '__Host-a=1; Secure; HttpOnly; SameSite=Lax; Path=/; Domain=shop.example'],
    ['host_prefix_broken', '__hOST-a=1; HttpOnly; SameSite=Lax; Path=/'],
    ['secure_prefix_broken', '__Secure-a=1; HttpOnly; SameSite=Lax'],
    ['too_large', `a=${'x'.repeat(4096)}; Secure; HttpOnly; SameSite=Lax`],
    ['nameless', 'abc; Secure; HttpOnly; SameSite=Lax'],
  ] as const)('counts %s', async (finding, line) => {
    const told: string[] = [];
    const { app, guard } = setting(line, { onFinding: (what, name) => void told.push(`${what} ${name}`) });
    await cookiesOf(app);
    expect(guard.counts()[finding]).toBe(1);
    expect(told.join()).toContain(finding);
    expect(told.join()).not.toContain('xxxx');
  });

  it('spares HttpOnly for a cookie that scripts are declared to read', async () => {
    const { app, guard } = setting('theme=dark; Secure; SameSite=Lax', { scriptReadable: ['theme'] });
    await cookiesOf(app);
    expect(guard.counts().http_only_missing).toBe(0);
  });

  it.each<[string, (res: Response) => void]>([
    ['an object', (res) => void res.writeHead(200, { 'Set-Cookie': 'a=1' }).end()],
    ['an object in lower case with a list', (res) => void res.writeHead(200, { 'set-cookie': ['a=1'] }).end()],
    ['a reason and an object', (res) => void res.writeHead(200, 'Fine', { 'Set-Cookie': 'a=1' }).end()],
    ['a flat list', (res) => void res.writeHead(200, ['Set-Cookie', 'a=1']).end()],
    ['appendHeader', (res) => void res.appendHeader('Set-Cookie', 'a=1').end()],
    ['res.cookie', (res) => void res.cookie('a', '1', { path: undefined }).end()],
    [
      'flushHeaders',
      (res) => {
        res.setHeader('set-cookie', 'a=1');
        res.flushHeaders();
        res.end();
      },
    ],
    [
      'a stream',
      (res) => {
        res.setHeader('Set-Cookie', 'a=1');
        res.write('x');
        res.end();
      },
    ],
  ])('sees what is written by %s', async (_way, write) => {
    const [line] = await cookiesOf(application((_req, res) => write(res)).app);
    expect(line).toMatch(/^a=1.*; Secure; SameSite=Lax$/);
  });

  it('sees what other middleware adds at the last moment, and express-session lives', async () => {
    const guard = cookieGuard();
    const app = express();
    app.use(guard, session({ secret: 'only for this test', resave: false, saveUninitialized: true }));
    app.get('/', (_req, res) => void res.send('ok'));
    const [line] = await cookiesOf(app);
    expect(line).toMatch(/^connect\.sid=s%3A.*; HttpOnly; Secure; SameSite=Lax$/);
    expect(guard.counts()).toMatchObject({ secure_missing: 1, credential: 0 });
  });
});

describe('a credential of the request in a cookie', () => {
  const base64 = Buffer.from(`ada:${password}`).toString('base64');
  const forms: [string, string][] = [
    ['as it is', token],
    ['percent-encoded', encodeURIComponent(password)],
    ['in base64', base64],
    ['in base64url behind a prefix', `s:${Buffer.from(password).toString('base64url')}.signature`],
    ['in JSON', encodeURIComponent(JSON.stringify({ user: 'ada', password }))],
    ['with plus for space', `${password.replaceAll(' ', '+')}%20x`],
  ];
  const line = (value: string) => `remember=${value}; Secure; HttpOnly; SameSite=Lax`;
  const send = (app: Express) =>
    request(app).post('/').type('form').send({ email: 'ada@example.com', new_password: password, resetToken: token });

  it.each(forms)('is dropped and counted in production: %s', async (_form, value) => {
    const { app, guard } = setting([line(value), 'theme=dark; Secure; HttpOnly; SameSite=Lax']);
    const res = await send(app);
    expect(res.status).toBe(200);
    expect(res.headers['set-cookie']).toEqual(['theme=dark; Secure; HttpOnly; SameSite=Lax']);
    expect(guard.counts().credential).toBe(1);
  });

  it.each(forms)('throws in development, and does not leave with the page of the error: %s', async (_form, value) => {
    const { app, seen } = setting(line(value), { mode: 'development' });
    const res = await send(app);
    expect(res.status).toBe(500);
    expect(res.headers['set-cookie']).toBeUndefined();
    expect(seen).toMatchObject([{ code: 'ERR_COOKIE_CREDENTIAL', facts: { cookie: 'remember' } }]);
    expect(JSON.stringify(seen)).not.toContain(password);
  });

  it('is found in nested JSON, in the query and in Authorization', async () => {
    const { app, guard } = setting(line(token));
    await request(app)
      .post('/')
      .send({ user: { credentials: [{ 'api-token': token }] } });
    await request(app).get('/').query({ token });
    await request(app).get('/').set('Authorization', `Bearer ${token}`);
    await request(app).get('/').auth('ada', token);
    expect(guard.counts().credential).toBe(4);
  });

  it('is not seen where there is none: other fields, shorter values, parts of words, CSRF tokens', async () => {
    const { app, guard } = setting([
      line('lightblue'),
      line('tokenized-words'),
      line('csrf-value-0123456789'),
      line('1234'),
    ]);
    await request(app).post('/').type('form').send({
      theme: 'lightblue',
      password_hint: 'lightblue',
      token_count: 'lightblue',
      pin: '1234',
      token: 'tokenize',
      _csrf_token: 'csrf-value-0123456789',
    });
    expect(guard.counts().credential).toBe(0);
  });

  it("is not the request's own session id, which the session middleware may send again", async () => {
    const sid = '__Host-sid=opaque-session-id; Path=/; Secure; HttpOnly; SameSite=Lax';
    const send = (app: Express) =>
      request(app)
        .post('/')
        .set('Cookie', '__Host-sid=opaque-session-id')
        .type('form')
        .send({ session_token: 'opaque-session-id' });
    const ours = setting(sid, { own: ['__Host-sid'] });
    expect((await send(ours.app)).headers['set-cookie']).toEqual([sid]);
    expect((await send(setting(sid).app)).headers['set-cookie']).toBeUndefined();
  });

  it('is looked for no further than a thousand fields', async () => {
    const body: Record<string, unknown> = {};
    let at = body;
    for (let depth = 0; depth < 100_000; depth += 1) {
      const inner = {};
      at['x'] = inner;
      at = inner;
    }
    const { app } = application((req, res) => {
      req.body = body;
      res.setHeader('Set-Cookie', line(token));
    });
    expect((await request(app).get('/')).status).toBe(200);
  });
});

describe('cookieGuard in development', () => {
  it.each([
    ['secure_missing', 'a=1; HttpOnly; SameSite=Lax'],
    ['same_site_missing', 'a=1; Secure; HttpOnly'],
    ['http_only_missing', 'a=1; Secure; SameSite=Lax'],
    ['host_prefix_broken', '__Host-a=1; Secure; HttpOnly; SameSite=Lax'],
  ])('throws %s where the cookie is made', async (finding, line) => {
    const { app, seen } = setting(line, { mode: 'development' });
    expect((await request(app).get('/')).status).toBe(500);
    expect(seen).toMatchObject([{ code: 'ERR_COOKIE_UNSAFE', facts: { finding } }]);
  });

  it('has nothing against a cookie that keeps its promises', async () => {
    const line = '__Host-sid=a; Path=/; Secure; HttpOnly; SameSite=Lax';
    expect(await cookiesOf(setting(line, { mode: 'development' }).app)).toEqual([line]);
  });
});
