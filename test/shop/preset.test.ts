import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueDevelopmentCertificates } from '../../src/certificates/index.js';
import { safekeep } from '../../src/safekeep.js';
import { sessionOf } from '../../src/sessions/index.js';
import { ada, codeIn, newAccount, passphrase, shopPolicy, type TestShop, testShop } from './shop.js';

let shop: TestShop;
let home: string;
let ca: Buffer;
let base: string;
let plainPort: number;

/** The quick start's routes, and some that misbehave. */
function application({ keep, test }: TestShop): express.Express {
  const app = express();
  app.use(keep.guard, express.urlencoded({ extended: false }), express.json());
  app.post('/register', keep.accounts.limit, async (req, res) => {
    const intake = keep.policy.intake('customers');
    const { password = '', ...row } = intake.read(req.body);
    await keep.accounts.register({ row, password });
    res.status(202).json({});
  });
  app.post('/login', keep.logins.limit, async (req, res) => {
    const account = await keep.logins.verify(req, req.body as object);
    if (!account) return void res.status(401).json({ message: 'E-mail or password is wrong.' });
    await keep.sessions.start(req, res, account.id);
    res.redirect(303, '/account');
  });
  app.get('/careless', (_req, res) => void res.cookie('theme', 'dark').json({}));
  app.get('/account', keep.sessions.required, async (req, res) => {
    const stored = await test.database.one('select * from customers where id = $1', [sessionOf(req).account]);
    const customer = keep.fields.openRow('customers', stored, 'account');
    keep.log.info({ customer, body: customer.reveal() }, `account of ${customer.reveal().email} read`);
    res.json(customer.reveal());
  });
  app.post('/boom', (req) => {
    throw new Error(`cannot process ${JSON.stringify(req.body)}`);
  });
  app.get('/broken-sql', async () => {
    await test.database.query(`select * from customers where email = $1 and nothing = 1`, [ada.email]);
  });
  app.use(keep.resets.routes(), keep.notFound, keep.errors);
  return app;
}

const agent = () => request.agent(base, { ca });
/** Every request names the origin as its host, as a browser that resolved it would. */
const host = 'shop.example';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'safekeep-preset-'));
  const issued = await issueDevelopmentCertificates({
    directory: home,
    hosts: ['shop.example', '127.0.0.1', 'localhost'],
  });
  ca = await readFile(issued.ca);
  shop = await testShop();
  const listening = await shop.keep.listen(application(shop), { port: 0, key: issued.key, cert: issued.cert });
  base = `https://127.0.0.1:${listening.port}`;
  plainPort = (await shop.keep.listenPlaintext({ port: 0 })).port;
});
afterAll(async () => {
  await shop.close();
  await rm(home, { recursive: true, force: true });
});

describe('the preset over TLS', () => {
  it('runs registration, confirmation, sign-in, account and reset', async () => {
    const browser = agent();
    await browser
      .post('/register')
      .set('Host', host)
      .send({ ...ada, phone: undefined, card: undefined, password: passphrase })
      .expect(202);
    expect(await shop.keep.accounts.confirm(codeIn(shop.outbox.at(-1)), passphrase)).not.toBeNull();
    await browser.post('/login').set('Host', host).send({ email: ada.email, password: passphrase }).expect(303);
    const { body } = await browser.get('/account').set('Host', host).expect(200);
    expect(body).toMatchObject({ name: ada.name, email: ada.email });
    expect(body).not.toHaveProperty('card');
    expect(body).not.toHaveProperty('password');
    await browser.post('/forgot').set('Host', host).send({ email: ada.email }).expect(202);
    const code = codeIn(shop.outbox.at(-1));
    await browser
      .post('/reset')
      .set('Host', host)
      .set('Accept', 'application/json')
      .send({ code, password: 'short' })
      .expect(422);
    await browser.post('/reset').set('Host', host).send({ code, password: 'nine quiet tractors climb' }).expect(200);
    await browser.get('/account').set('Host', host).expect(401);
  });

  it('leaves a reset link alone however often it is looked at', async () => {
    await newAccount(shop, { ...ada, email: 'scanned@example.com' });
    await shop.keep.resets.request('scanned@example.com');
    const code = codeIn(shop.outbox.at(-1));
    for (let at = 0; at < 20; at += 1) {
      await agent().get('/reset').set('Host', host).expect(200);
      await agent().head('/reset').set('Host', host).expect(200);
    }
    expect(await shop.keep.resets.redeem(code, 'nine quiet tractors climb')).not.toBeNull();
  });

  it('hides the two pages of a reset from caches, referrers and search engines', async () => {
    const { headers } = await agent().get('/reset').set('Host', host);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex',
    });
  });

  it('hands on that plaintext may be read, which only a policy that imports can say', async () => {
    const more = { dangerouslyReadPlaintext: { columns: ['customers.phone'], reason: 'import of the customers' } };
    await expect(testShop(more)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });

  it('throws in development where a cookie lacks what protects it', async () => {
    const { headers } = await agent().get('/careless').set('Host', host).expect(500);
    expect(headers['set-cookie']).toBeUndefined();
  });

  it('sends HSTS and a strict CSP on every answer, errors too', async () => {
    for (const path of ['/forgot', '/nowhere', '/account']) {
      const { headers } = await agent().get(path).set('Host', host);
      expect(headers['strict-transport-security'], path).toMatch(/^max-age=/);
      expect(headers['content-security-policy'], path).toContain("default-src 'none'");
      expect(headers['x-powered-by'], path).toBeUndefined();
    }
  });

  it('refuses a request of another origin that changes something', async () => {
    const answer = await agent()
      .post('/login')
      .set('Host', host)
      .set('Sec-Fetch-Site', 'cross-site')
      .send({ email: ada.email, password: passphrase });
    expect(answer.status).toBe(403);
  });

  it('answers plaintext with a redirect to the origin or a refusal, never with a page', async () => {
    const ask = (method: string, headers: Record<string, string>) =>
      new Promise<{ status: number | undefined; location: string | undefined }>((resolve, reject) => {
        plainRequest({ host: '127.0.0.1', port: plainPort, path: '/account', method, headers }, (res) => {
          res.resume();
          resolve({ status: res.statusCode, location: res.headers.location });
        })
          .once('error', reject)
          .end();
      });
    expect(await ask('GET', { host: 'evil.example' })).toEqual({
      status: 308,
      location: 'https://shop.example/account',
    });
    expect(await ask('GET', { cookie: `__Host-session=${'A'.repeat(43)}` })).toEqual({
      status: 403,
      location: undefined,
    });
    expect(await ask('POST', {})).toEqual({ status: 403, location: undefined });
  });

  it('lets no personal value into a log line, an error body, a header or a redirect', async () => {
    shop.lines.length = 0;
    const planted = {
      name: 'Grace Canary',
      email: 'grace.canary@example.com',
      phone: '+1 202 555 0199',
      card: '5555555555554444',
    };
    const secrets = [...Object.values(planted), passphrase, 'grace.canary', '2025550199', '5555 5555 5555 4444'];
    const browser = agent();
    const answers = [
      await browser
        .post('/register')
        .set('Host', host)
        .send({ ...planted, password: passphrase }),
      await browser
        .post('/register')
        .set('Host', host)
        .send({ ...planted, email: 'grace.canary@', password: passphrase }),
      await browser
        .post('/register')
        .set('Host', host)
        .send({ ...planted, password: passphrase, [planted.email]: planted.card }),
      await browser.post('/login').set('Host', host).send({ email: planted.email, password: passphrase }),
      await browser.post('/boom').set('Host', host).send(planted),
      await browser.post('/boom').set('Host', host).type('json').send(`{"email": "${planted.email}", broken`),
      await browser
        .get(`/${encodeURIComponent(planted.email)}?card=${planted.card}&phone=${encodeURIComponent(planted.phone)}`)
        .set('Host', host),
      await browser.get('/broken-sql').set('Host', host),
      await browser.post('/forgot').set('Host', host).send({ email: planted.email }),
      await browser.post('/reset').set('Host', host).send({ code: planted.email, password: planted.card }),
      await browser
        .get('/account')
        .set('Host', host)
        .set('Authorization', `Bearer ${planted.card}`)
        .set('Cookie', `note=${planted.email}`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 422, 422, 401, 500, 400, 404, 500, 202, 400, 401]);
    const seen = answers.map(({ headers, text }) => JSON.stringify(headers) + text).join('\n');
    const logged = shop.lines.join('\n');
    expect(shop.lines.length).toBeGreaterThanOrEqual(answers.length);
    for (const secret of secrets) {
      expect(seen, 'an answer').not.toContain(secret);
      expect(logged, 'a log line').not.toContain(secret);
    }
    expect(seen + logged).not.toContain(encodeURIComponent(planted.email));
  });

  it('logs an opened row as labels, whatever the line says of it', async () => {
    await newAccount(shop, { ...ada, email: 'labels@example.com', name: 'Labelled Example' });
    const browser = agent();
    await browser.post('/login').set('Host', host).send({ email: 'labels@example.com', password: passphrase });
    shop.lines.length = 0;
    await browser.get('/account').set('Host', host).expect(200);
    const line = shop.lines.find((text) => text.includes('customer'));
    expect(line).toContain('[user.contact.email]');
    expect(shop.lines.join()).not.toMatch(/labels@example|Labelled Example/);
  });

  it('writes one line per response, with the route as a template', async () => {
    shop.lines.length = 0;
    await agent().get('/account?token=abc').set('Host', host);
    const lines = shop.lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'request');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ method: 'GET', route: '/account', status: 401 });
  });
});

describe('the preset at start', () => {
  const options = () => ({
    policy: shopPolicy,
    origin: 'https://shop.example',
    mode: 'production' as const,
    database: shop.test.database,
    accounts: 'customers' as const,
    keys: {} as never,
  });

  it('stops for a column that nobody declared', async () => {
    await shop.test.database.query('alter table customers add column nickname text');
    await expect(testShopOn(shop)).rejects.toMatchObject({ code: 'ERR_SCHEMA_DRIFT' });
    await shop.test.database.query('alter table customers drop column nickname');
  });

  it.each([
    [{ origin: 'http://shop.example' }, 'ERR_OPTION_INVALID'],
    [{ origin: 'https://shop.example/path' }, 'ERR_OPTION_INVALID'],
    [{ mode: 'prod' }, 'ERR_OPTION_INVALID'],
    [{ mode: undefined }, 'ERR_OPTION_MISSING'],
    [{ counter: 1 }, 'ERR_OPTION_UNKNOWN'],
  ])('refuses %j', async (change, code) => {
    await expect(safekeep({ ...options(), ...change } as never)).rejects.toMatchObject({ code });
  });
});

/** A second preset over the same database. */
async function testShopOn({ keep, test }: TestShop): Promise<unknown> {
  const keys = { active: () => undefined, derive: () => ({ keyId: 1, key: Buffer.alloc(32) }) };
  return safekeep({
    policy: keep.policy,
    origin: 'https://shop.example',
    mode: 'production',
    keys: keys as never,
    database: test.database,
    accounts: 'customers',
  });
}
