import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { crossOriginGuard, errors } from '../../src/transport/index.js';
import { listening, overTcp, request as raw } from './loopback.js';

const origin = 'https://shop.example';
const app = express();
app.use(crossOriginGuard({ origin, trusted: ['https://accounts.example'] }));
app.use((_req, res) => void res.send('ok'));
app.use(errors());

const post = async (headers: Record<string, string>) => (await request(app).post('/').set(headers)).status;

describe('crossOriginGuard', () => {
  it('lets safe methods through, from wherever', async () => {
    for (const method of ['get', 'head', 'options'] as const)
      expect((await request(app)[method]('/').set('Sec-Fetch-Site', 'cross-site')).status, method).toBe(200);
  });

  it('refuses every other method from a page of another site, a sibling of ours included', async () => {
    for (const method of ['post', 'put', 'patch', 'delete'] as const) {
      for (const site of ['cross-site', 'same-site', 'unknown', ''])
        expect((await request(app)[method]('/').set('Sec-Fetch-Site', site)).status, `${method} ${site}`).toBe(403);
    }
  });

  it('says which check failed to whoever logs, and passes nothing on', async () => {
    const seen: unknown[] = [];
    const watched = express();
    watched.use(crossOriginGuard({ origin }), () => void seen.push('the route ran'));
    watched.use(errors({ onError: ({ error }) => void seen.push(error) }));
    await request(watched).post('/').set('Sec-Fetch-Site', 'cross-site');
    expect(seen).toMatchObject([{ code: 'ERR_CROSS_ORIGIN' }]);
  });

  it('lets our own pages and what the person typed through', async () => {
    expect(await post({ 'Sec-Fetch-Site': 'same-origin', Origin: origin })).toBe(200);
    expect(await post({ 'Sec-Fetch-Site': 'none' })).toBe(200);
  });

  it('believes Sec-Fetch-Site before Origin, since no page can write it', async () => {
    expect(await post({ 'Sec-Fetch-Site': 'cross-site', Origin: origin })).toBe(403);
  });

  it('falls back to Origin in a browser without Fetch Metadata', async () => {
    expect(await post({ Origin: origin })).toBe(200);
    for (const other of [
      'https://evil.example',
      'http://shop.example',
      'https://shop.example:8443',
      'https://shop.example.evil.example',
      'null',
      '',
      'HTTPS://SHOP.EXAMPLE',
    ])
      expect(await post({ Origin: other }), other).toBe(403);
  });

  it('does not compare Origin with Host, which the sender chooses', async () => {
    expect(await post({ Origin: 'https://evil.example', Host: 'evil.example' })).toBe(403);
  });

  it('lets a trusted origin through by either header', async () => {
    expect(await post({ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://accounts.example' })).toBe(200);
    expect(await post({ Origin: 'https://accounts.example' })).toBe(200);
  });

  it('lets a program through that sends neither', async () => {
    expect(await post({})).toBe(200);
  });

  it('refuses a header that came twice', async () => {
    const port = await listening(app);
    const twice = async (name: string, first: string, second: string) =>
      (await overTcp(port, raw('POST /', { [name]: first, [name.toLowerCase()]: second }))).status;
    expect(await twice('Sec-Fetch-Site', 'same-origin', 'cross-site')).toBe(403);
    expect(await twice('Origin', origin, 'https://evil.example')).toBe(403);
  });

  it('refuses origins with a path and a set-up without one', () => {
    expect(() => crossOriginGuard({ origin, trusted: ['https://accounts.example/'] })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
    expect(() => crossOriginGuard({} as { origin: string })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_MISSING' }),
    );
  });
});

describe('paths that other sites may post to', () => {
  const open = express();
  open.use(crossOriginGuard({ origin, crossSitePaths: ['/oauth/callback', '/webhooks/pay'] }));
  open.use((_req, res) => void res.send('ok'));
  open.use(errors());
  const from = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://accounts.example' };

  it('take a POST from a page of any site, with a query too', async () => {
    for (const path of ['/oauth/callback', '/oauth/callback?state=x', '/webhooks/pay'])
      expect((await request(open).post(path).set(from)).status, path).toBe(200);
  });

  it('are those alone, in that spelling, for that method', async () => {
    for (const path of [
      '/oauth/callback/',
      '/OAuth/callback',
      '/oauth%2fcallback',
      '/oauth/callback/x',
      '/other?/oauth/callback',
    ])
      expect((await request(open).post(path).set(from)).status, path).toBe(403);
    for (const method of ['put', 'delete', 'patch'] as const)
      expect((await request(open)[method]('/oauth/callback').set(from)).status, method).toBe(403);
  });

  it('are seen whole where the guard is mounted below a path', async () => {
    const mounted = express();
    mounted.use('/api', crossOriginGuard({ origin, crossSitePaths: ['/hook'] }));
    mounted.use((_req, res) => void res.send('ok'));
    mounted.use(errors());
    expect((await request(mounted).post('/api/hook').set(from)).status).toBe(403);
  });

  it.each([['hook'], ['/hook?x=1'], ['/hook#x'], ['/a b'], [7]])('are paths: %j is refused at set-up', (path) => {
    expect(() => crossOriginGuard({ origin, crossSitePaths: [path as string] })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });
});

describe('a token, for requests that say nothing of where they come from', () => {
  const keys = { derive: (_: string, label: string) => ({ keyId: 1, key: Buffer.from(label.padEnd(32, '.')) }) };
  const guard = crossOriginGuard({
    origin,
    crossSitePaths: ['/oauth/callback'],
    token: { keys, cookies: ['__Host-session', '__Host-other'] },
  });
  const shop = express();
  shop.use(express.urlencoded({ extended: false }), express.json());
  shop.get('/form', (req, res) => void res.json({ token: guard.token(req) }));
  shop.use(guard, (_req, res) => void res.send('ok'));
  shop.use(errors());
  const session = '__Host-session=mine';
  const tokenFor = async (cookie: string): Promise<string | null> =>
    ((await request(shop).get('/form').set('Cookie', cookie)).body as { token: string | null }).token;
  const post = (headers: Record<string, string>, body: object = {}) =>
    request(shop)
      .post('/')
      .set(headers)
      .type('form')
      .send(body)
      .then(({ status }) => status);

  it('is asked of a request that brings a session cookie and neither header', async () => {
    expect(await post({ Cookie: session })).toBe(403);
    expect(await post({ Cookie: '__Host-other=1' })).toBe(403);
  });

  it('lets it through from the header, or from the field of a form', async () => {
    const token = (await tokenFor(session)) as string;
    expect(await post({ Cookie: session, 'X-CSRF-Token': token })).toBe(200);
    expect(await post({ Cookie: session }, { csrf_token: token })).toBe(200);
  });

  it('is not asked of browsers that say where they come from, of programs without a session, or on paths of others', async () => {
    expect(await post({ Cookie: session, 'Sec-Fetch-Site': 'same-origin' })).toBe(200);
    expect(await post({ Cookie: session, Origin: origin })).toBe(200);
    expect(await post({ Cookie: 'analytics=1' })).toBe(200);
    expect(await post({})).toBe(200);
    expect((await request(shop).post('/oauth/callback').set('Cookie', session)).status).toBe(200);
  });

  it('mends nothing for a request from another site', async () => {
    const token = (await tokenFor(session)) as string;
    expect(await post({ Cookie: session, 'X-CSRF-Token': token, 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
  });

  it('fits its own session only, and whole', async () => {
    const token = (await tokenFor(session)) as string;
    const other = (await tokenFor('__Host-session=theirs')) as string;
    const sameValue = (await tokenFor('__Host-other=mine')) as string;
    const flipped = Buffer.from(token, 'base64url');
    flipped[flipped.length - 1] = (flipped.at(-1) as number) ^ 1;
    for (const wrong of [other, sameValue, flipped.toString('base64url'), token.slice(0, -1), `${token}A`, '', 'x'])
      expect(await post({ Cookie: session, 'X-CSRF-Token': wrong }), wrong).toBe(403);
    expect(await post({ Cookie: session }, { csrf_token: [token, token] })).toBe(403);
  });

  it('is not read from the URL', async () => {
    const token = (await tokenFor(session)) as string;
    expect((await request(shop).post(`/?csrf_token=${token}`).set('Cookie', session)).status).toBe(403);
  });

  it('differs each time, and there is none without a session', async () => {
    expect(await tokenFor(session)).not.toBe(await tokenFor(session));
    expect(await tokenFor('analytics=1')).toBeNull();
    expect(crossOriginGuard({ origin }).token({ headers: {} } as never)).toBeNull();
  });

  it('needs the names of the cookies', () => {
    for (const cookies of [[], undefined])
      expect(() => crossOriginGuard({ origin, token: { keys, cookies } as never })).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/ERR_OPTION_(INVALID|MISSING)/) }),
      );
  });
});
