import express, { type ErrorRequestHandler, type Request } from 'express';
import { Secret, TOTP } from 'otpauth';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { ada, newAccount, passphrase, type TestShop, testShop } from '../shop/shop.js';

let shop: TestShop;
let app: express.Express;
let id: string;
let secret: string;
let codes: readonly string[];

const answerErrors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  // A 401 is the handler's own: it must not be an error that happens to have the same status.
  res.status(isSafekeepError(error) && error.status === 429 ? 429 : 500).json({ error: String(error) });
};
const query = (sql: string) => shop.test.database.query(sql);
const codeAt = (aheadMs = 0): string =>
  TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: shop.clock.nowMs() + aheadMs });
const wrongCode = (): string => ([-30_000, 0, 30_000].map(codeAt).includes('000000') ? '111111' : '000000');
const wrongRecovery = 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA';

/** A browser in a network of its own, which has proven the password and owes the code. */
async function owing(from: string) {
  const send = (path: string, body: object, cookie = '') =>
    request(app).post(path).set('X-Forwarded-For', from).set('Cookie', cookie).send(body);
  const login = await send('/login', { email: ada.email, password: passphrase });
  const cookie = String(login.headers['set-cookie']).split(';')[0];
  return {
    code: async (code: unknown, more = {}) => (await send('/login/code', { code, ...more }, cookie)).status,
  };
}

beforeAll(async () => {
  shop = await testShop({
    hashing: { cost: { memoryKiB: 7168, passes: 5 } },
    proxies: { trusted: ['127.0.0.0/8', '::1/128'] },
    loginLimits: { perAccount: 3, perSubnet: 1000, perAccountOfStrangers: 4 },
  });
  const { logins, secondFactor } = shop.keep;
  app = express().use(express.json());
  app.post('/login', logins.limit, async (req, res) => {
    const account = await logins.verify(req, req.body as object);
    res.json({ owes: account !== null && (await secondFactor.challenge(req, res, account.id)) });
  });
  app.post('/login/code', secondFactor.limit, async (req, res) => {
    const { code, other } = req.body as { code: unknown; other?: unknown };
    res.status((await secondFactor.answer(req, res, other ?? code)) === null ? 401 : 200).json({});
  });
  app.use(answerErrors);
});
afterAll(() => shop.close());
beforeEach(async () => {
  await query('delete from safekeep.accounts');
  await query('delete from customers');
  // The counters of the account before are another account's.
  id = await newAccount(shop);
  shop.clock.advance(86_400_000);
  secret = (await shop.keep.secondFactor.begin(id, ada.email)).secret.replaceAll(' ', '');
  codes = (await shop.keep.secondFactor.confirm({} as Request, id, codeAt())) ?? [];
  shop.clock.advance(60_000);
});
const failures = async () => (await query('select failures from safekeep.second_factors'))[0]?.['failures'];

describe('the budgets of codes and of recovery codes', () => {
  it('are two: who fills the one of codes leaves the other, in the same network too', async () => {
    const thief = await owing('203.0.113.7');
    const statuses = [];
    for (let at = 0; at < 4; at += 1) statuses.push(await thief.code(wrongCode()));
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect(await thief.code(codeAt())).toBe(429);
    const owner = await owing('203.0.113.7');
    expect(await owner.code(codes[0])).toBe(200);
  });

  it('look at no code where strangers filled the account’s counter, and say what a wrong one is told', async () => {
    for (const network of ['203.0.113.7', '198.51.100.7']) {
      const thief = await owing(network);
      for (let at = 0; at < 2; at += 1) await thief.code(wrongCode());
    }
    expect(await failures()).toBe(4);
    const owner = await owing('192.0.2.9');
    expect(await owner.code(codeAt())).toBe(401);
    // Not even counted: nothing was looked at.
    expect(await failures()).toBe(4);
    expect(await owner.code(codes[0])).toBe(200);
  });

  it('let no stranger use up the one of recovery codes, and bound it for each network', async () => {
    for (const network of ['203.0.113.7', '198.51.100.7', '198.51.100.8']) {
      const thief = await owing(network);
      const statuses = [];
      for (let at = 0; at < 4; at += 1) statuses.push(await thief.code(wrongRecovery));
      expect(statuses).toEqual([401, 401, 401, 429]);
    }
    const owner = await owing('192.0.2.9');
    expect(await owner.code(codes[0])).toBe(200);
    // And they cost the owner no code of the app either.
    expect(await failures()).toBe(0);
  });

  it('cannot be mixed up: a code of the app that was counted as a recovery code is not looked at', async () => {
    const thief = await owing('203.0.113.7');
    expect(await thief.code(wrongRecovery, { other: codeAt() })).toBe(401);
    expect(await failures()).toBe(0);
    expect(await thief.code(wrongRecovery, { other: codes[0] })).toBe(200);
  });

  it('count what is neither as no try of the app', async () => {
    const there = await owing('203.0.113.7');
    for (const odd of [undefined, 7, `${codeAt()}7`]) expect(await there.code(odd)).toBe(401);
    expect(await failures()).toBe(0);
  });
});
