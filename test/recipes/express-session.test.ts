import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import session from 'express-session';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSafekeepError, SafekeepError } from '../../src/base/errors.js';
import { owesFactor } from '../../src/sessions/index.js';
import { ada, newAccount, passphrase, type TestShop, testShop } from '../shop/shop.js';

declare module 'express-session' {
  interface SessionData {
    signedIn?: { readonly account: string; readonly epoch: number };
  }
}

/** The recipe of docs/accounts.md: sessions of express-session that end with the account's epoch. */
let shop: TestShop;
let app: express.Express;
let owes = false;

const answerErrors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  res
    .status(isSafekeepError(error) ? error.status : 500)
    .json({ code: isSafekeepError(error) ? error.code : String(error) });
};

function server(): express.Express {
  const { keep } = shop;
  const required: RequestHandler = async (req, _res, next) => {
    const known = req.session.signedIn;
    const account = known === undefined ? null : await keep.accounts.find(known.account);
    const isLive = account?.state === 'active' && account.epoch === known?.epoch;
    next(isLive ? undefined : new SafekeepError('ERR_SESSION_REQUIRED'));
  };
  const own = express().use(express.json());
  own.use(
    session({
      ...{ name: '__Host-session', secret: 'a test needs no other', resave: false, saveUninitialized: false },
      // The test speaks plaintext, over which express-session sets no secure cookie.
      cookie: { secure: false, httpOnly: true, sameSite: 'lax', path: '/' },
    }),
  );
  own.post('/login', keep.logins.limit, async (req, res) => {
    const account = await keep.logins.verify(req, req.body as object);
    if (account === null) return void res.status(401).json({});
    if (owesFactor(req, account.id)) throw new SafekeepError('ERR_FACTOR_REQUIRED');
    await new Promise<void>((resolve, reject) =>
      req.session.regenerate((error) => (error ? reject(error) : resolve())),
    );
    req.session.signedIn = { account: account.id, epoch: account.epoch };
    res.json({});
  });
  own.get('/me', required, (req, res) => void res.json(req.session.signedIn));
  return own.use(answerErrors);
}

const login = (cookie = '') =>
  request(app).post('/login').set('Cookie', cookie).send({ email: ada.email, password: passphrase });
const cookieOf = (headers: unknown): string => {
  const lines = (headers as { 'set-cookie'?: string[] })['set-cookie'] ?? [];
  return (lines.find((line) => line.startsWith('__Host-session')) ?? '').split(';')[0] ?? '';
};
const me = (cookie: string) => request(app).get('/me').set('Cookie', cookie);

beforeAll(async () => {
  shop = await testShop({ onPasswordProven: () => (owes ? 'challenge' : 'allow') });
  app = server();
});
afterAll(() => shop.close());
beforeEach(async () => {
  owes = false;
  await shop.test.database.query('delete from safekeep.accounts');
  await shop.test.database.query('delete from customers');
  await newAccount(shop);
});

describe('sessions of express-session', () => {
  it('begin under a new id, whatever id the browser came with', async () => {
    const first = cookieOf((await login()).headers);
    expect((await me(first)).status).toBe(200);
    const second = cookieOf((await login(first)).headers);
    expect(second).not.toBe(first);
    expect([(await me(first)).status, (await me(second)).status]).toEqual([401, 200]);
  });

  it('end with the epoch of the account, and with the account', async () => {
    const cookie = cookieOf((await login()).headers);
    const { body } = await me(cookie);
    await shop.keep.sessions.endAll(body.account);
    expect((await me(cookie)).body).toEqual({ code: 'ERR_SESSION_REQUIRED' });
    const again = cookieOf((await login()).headers);
    await shop.test.database.query(`update safekeep.accounts set state = 'disabled'`);
    expect((await me(again)).status).toBe(401);
  });

  it('do not begin while a second factor is owed', async () => {
    owes = true;
    const answer = await login();
    expect(answer.body).toEqual({ code: 'ERR_FACTOR_REQUIRED' });
    expect(cookieOf(answer.headers)).toBe('');
  });
});
