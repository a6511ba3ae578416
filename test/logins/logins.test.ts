import express, { type ErrorRequestHandler } from 'express';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSafekeepError, SafekeepError } from '../../src/base/errors.js';
import type { Accounts } from '../../src/base/ports/accounts.js';
import { loginLimit } from '../../src/limits/index.js';
import { createLogins } from '../../src/logins/index.js';
import { createPasswords, type Passwords } from '../../src/passwords/index.js';
import { sessionOf } from '../../src/sessions/index.js';
import { ada, codeIn, newAccount, passphrase, type TestShop, testShop } from '../shop/shop.js';

let shop: TestShop;
let id: string;
const next = 'nine quiet tractors climb the attic';

const answerErrors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  res
    .status(isSafekeepError(error) ? error.status : 500)
    .json({ code: isSafekeepError(error) ? error.code : String(error) });
};

function server(): express.Express {
  const app = express();
  app.use(express.json());
  app.post('/login', shop.keep.logins.limit, async (req, res) => {
    const account = await shop.keep.logins.verify(req, req.body as object);
    if (!account) return void res.status(401).json({ message: 'E-mail or password is wrong.' });
    await shop.keep.sessions.start(req, res, account.id);
    res.json({ account: account.id });
  });
  app.post('/password', shop.keep.sessions.required, shop.keep.logins.limit, async (req, res) => {
    const changed = await shop.keep.logins.change(
      req,
      sessionOf(req).account,
      req.body as { current: unknown; next: unknown },
    );
    if (changed === null) return void res.status(401).json({});
    await shop.keep.sessions.start(req, res, changed.id);
    res.json({});
  });
  app.get('/me', shop.keep.sessions.required, (req, res) => void res.json(sessionOf(req)));
  app.use(answerErrors);
  return app;
}

const login = (app: express.Express, email: unknown, password: unknown) =>
  request(app).post('/login').send({ email, password });
const cookieOf = (headers: unknown): string =>
  ((headers as { 'set-cookie'?: string[] })['set-cookie']?.[0] ?? '').split(';')[0] ?? '';

beforeAll(async () => {
  shop = await testShop();
});
afterAll(() => shop.close());
beforeEach(async () => {
  await shop.test.database.query('delete from safekeep.accounts');
  await shop.test.database.query('delete from customers');
  id = await newAccount(shop);
});

describe('logins', () => {
  it('signs in with address and password, however the address is spelt', async () => {
    expect((await login(server(), ' Ada@EXAMPLE.com', passphrase)).body).toEqual({ account: id });
  });

  it('gives one answer for a wrong password, an unknown, an unconfirmed and a disabled account', async () => {
    const app = server();
    await shop.keep.accounts.register({ row: { ...ada, email: 'pending@example.com' }, password: passphrase });
    const disabled = await newAccount(shop, { ...ada, email: 'disabled@example.com' });
    await shop.test.database.query(`update safekeep.accounts set state = 'disabled' where account = $1`, [disabled]);
    const answers = await Promise.all([
      login(app, ada.email, 'wrong'),
      login(app, 'nobody@example.com', passphrase),
      login(app, 'pending@example.com', passphrase),
      login(app, 'disabled@example.com', passphrase),
      login(app, undefined, undefined),
      login(app, { $ne: null }, ['x']),
    ]);
    for (const { status, body, headers } of answers) {
      expect(status).toBe(401);
      expect(body).toEqual({ message: 'E-mail or password is wrong.' });
      expect(headers['set-cookie']).toBeUndefined();
    }
  });

  it('spends exactly one verification on every one of them, and lets each leave at the floor', async () => {
    const waits: number[] = [];
    const verified: (string | null)[] = [];
    const plain = createPasswords();
    const stored = await plain.hash(passphrase, { account: '1' });
    const account = { id: '1', passwordHash: stored, epoch: 1 };
    const accounts = {
      findByLogin: (login: string) =>
        Promise.resolve(
          login === 'ada'
            ? { ...account, state: 'active' }
            : login === 'off'
              ? { ...account, state: 'disabled' }
              : null,
        ),
      find: () => Promise.resolve(null),
      swapPasswordHash: () => Promise.resolve(true),
      replacePassword: () => Promise.resolve(true),
    } as unknown as Accounts;
    const passwords: Passwords = {
      ...plain,
      verify: (hash, password, context) => {
        verified.push(hash === null ? null : 'stored');
        return plain.verify(hash, password, context);
      },
    };
    const wait = (ms: number) => {
      waits.push(ms);
      return Promise.resolve();
    };
    const limit = loginLimit({ account: () => 'x', perAccount: 100 });
    const logins = createLogins({ accounts, passwords, limit, floorMs: 3000, clock: { nowMs: () => 5, wait } });
    const app = express().use(express.json());
    app.post(
      '/login',
      limit,
      async (req, res) => void res.json({ found: (await logins.verify(req, req.body as object)) !== null }),
    );
    for (const email of ['ada', 'off', 'nobody']) await request(app).post('/login').send({ email, password: 'wrong' });
    expect(verified).toEqual(['stored', null, null]);
    expect(waits).toEqual([3000, 3000, 3000]);
    expect((await request(app).post('/login').send({ email: 'ada', password: passphrase })).body).toEqual({
      found: true,
    });
    expect(waits).toHaveLength(3);
  });

  it('returns the try when there was no room to hash', async () => {
    const busy = {
      ...createPasswords(),
      verify: () => Promise.reject(new SafekeepError('ERR_PASSWORD_BUSY', { retryAfterSeconds: 1 })),
    };
    const limit = loginLimit({ account: () => 'x', perAccount: 1 });
    const logins = createLogins({ accounts: shop.keep.accounts, passwords: busy, limit, floorMs: 0 });
    const app = express().use(express.json());
    app.post('/login', limit, async (req, res) => void res.json(await logins.verify(req, req.body as object)));
    app.use(answerErrors);
    for (let at = 0; at < 3; at += 1) expect((await login(app, 'a', 'b')).body).toEqual({ code: 'ERR_PASSWORD_BUSY' });
  });

  it('records failures and successes without anything personal', async () => {
    const app = server();
    await login(app, ada.email, 'wrong');
    await login(app, 'stranger@example.com', 'wrong');
    await login(app, ada.email, passphrase);
    const events = await shop.keep.events.latest(3);
    expect(events.map(({ kind, account }) => [kind, account])).toEqual([
      ['login.succeeded', id],
      ['login.failed', null],
      ['login.failed', id],
    ]);
    expect(JSON.stringify(events)).not.toMatch(/ada@|stranger@/);
  });

  it('changes the password for who knows the present one, ends every other session and keeps this browser signed in', async () => {
    const app = server();
    const here = cookieOf((await login(app, ada.email, passphrase)).headers);
    const elsewhere = cookieOf((await login(app, ada.email, passphrase)).headers);
    expect((await request(app).post('/password').set('Cookie', here).send({ current: 'wrong', next })).status).toBe(
      401,
    );
    const weak = await request(app).post('/password').set('Cookie', here).send({ current: passphrase, next: 'short' });
    expect(weak.body).toEqual({ code: 'ERR_PASSWORD_WEAK' });
    const changed = await request(app).post('/password').set('Cookie', here).send({ current: passphrase, next });
    expect(changed.status).toBe(200);
    expect((await request(app).get('/me').set('Cookie', elsewhere)).status).toBe(401);
    expect((await request(app).get('/me').set('Cookie', here)).status).toBe(401);
    expect((await request(app).get('/me').set('Cookie', cookieOf(changed.headers))).status).toBe(200);
    expect((await login(app, ada.email, passphrase)).status).toBe(401);
    expect((await login(app, ada.email, next)).status).toBe(200);
    expect(shop.outbox.at(-1)).toMatchObject({ to: ada.email, subject: 'Your password was changed' });
  });

  it('voids mailed reset codes when the password was changed', async () => {
    const app = server();
    await shop.keep.resets.request(ada.email);
    const code = codeIn(shop.outbox.at(-1));
    const cookie = cookieOf((await login(app, ada.email, passphrase)).headers);
    await request(app).post('/password').set('Cookie', cookie).send({ current: passphrase, next });
    expect(await shop.keep.resets.redeem(code, 'some other phrase of odd words')).toBeNull();
  });

  it('hashes again after the answer when the stored hash is not what is written today', async () => {
    const strong = createPasswords({ cost: { memoryKiB: 24_576, passes: 2, lanes: 1 } });
    const stored = await strong.hash(passphrase, { account: id });
    const writes: [string, string][] = [];
    const done = new Promise<void>((resolve) => {
      const accounts: Accounts = {
        ...shop.keep.accounts,
        findByLogin: () => Promise.resolve({ id, passwordHash: stored, state: 'active', epoch: 1 }),
        swapPasswordHash: (_id, from, to) => {
          writes.push([from, to]);
          resolve();
          return Promise.resolve(true);
        },
      };
      const limit = loginLimit({ account: () => 'x' });
      const logins = createLogins({ accounts, passwords: createPasswords(), limit, floorMs: 0 });
      const app = express().use(express.json());
      app.post(
        '/login',
        limit,
        async (req, res) => void res.json({ found: (await logins.verify(req, req.body as object)) !== null }),
      );
      void login(app, ada.email, passphrase).then(({ body }) => expect(body).toEqual({ found: true }));
    });
    await done;
    expect(writes[0]?.[0]).toBe(stored);
    expect(writes[0]?.[1]).toContain('m=19456,t=2,p=1');
  });
});
