import express, { type ErrorRequestHandler } from 'express';
import { Secret, TOTP } from 'otpauth';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { rotateFields } from '../../src/fields/index.js';
import type { SignInDecision } from '../../src/logins/index.js';
import { sessionOf } from '../../src/sessions/index.js';
import { ada, codeIn, newAccount, passphrase, type TestShop, testShop } from '../shop/shop.js';

let shop: TestShop;
let app: express.Express;
let id: string;
let decision: SignInDecision = 'allow';
let secret = '';

const answerErrors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  res
    .status(isSafekeepError(error) ? error.status : 500)
    .json({ code: isSafekeepError(error) ? error.code : String(error) });
};

function server(): express.Express {
  const { logins, sessions, secondFactor } = shop.keep;
  const own = express().use(express.json());
  own.post('/login', logins.limit, async (req, res) => {
    const account = await logins.verify(req, req.body as object);
    if (account === null) return void res.status(401).json({});
    if (await secondFactor.challenge(req, res, account.id)) return void res.json({ owes: true });
    await sessions.start(req, res, account.id);
    res.json({ owes: false });
  });
  own.post('/login/forgetful', logins.limit, async (req, res) => {
    const account = await logins.verify(req, req.body as object);
    await sessions.start(req, res, account?.id ?? '');
    res.json({});
  });
  own.post('/login/code', secondFactor.limit, async (req, res) => {
    const account = await secondFactor.answer(req, res, req.body.code);
    if (account === null) return void res.status(401).json({});
    await sessions.start(req, res, account);
    res.json({ account });
  });
  own.post('/login/other', secondFactor.limit, async (req, res) => {
    const owing = secondFactor.owing(req);
    res.json({ owing, account: await secondFactor.accept(req, res) });
  });
  own.post('/login/unlimited', async (req, res) => void res.json(await secondFactor.answer(req, res, req.body.code)));
  own.post('/prove', sessions.required, logins.changeLimit, async (req, res) => {
    const account = await logins.prove(req, sessionOf(req).account, req.body.password);
    if (account === null) return void res.status(403).json({});
    if (await secondFactor.challenge(req, res, account.id)) return void res.json({ owes: true });
    await sessions.start(req, res, account.id);
    res.json({ owes: false });
  });
  own.post('/factor', sessions.required, async (req, res) => {
    res.json(await secondFactor.begin(sessionOf(req).account, 'ada@example.com'));
  });
  own.get('/factor', sessions.required, async (req, res) => {
    res.json(await secondFactor.pending(sessionOf(req).account, 'ada@example.com'));
  });
  own.post('/factor/confirm', sessions.required, async (req, res) => {
    const { account } = sessionOf(req);
    const codes = await secondFactor.confirm(req, account, req.body.code);
    if (codes !== null) await sessions.start(req, res, account);
    res.json(codes);
  });
  own.post('/factor/off', sessions.required, logins.changeLimit, async (req, res) => {
    const { account } = sessionOf(req);
    const off = await secondFactor.turnOff(req, account, req.body as { password: unknown; code: unknown });
    if (off) await sessions.start(req, res, account);
    res.json(off);
  });
  own.get('/me', sessions.required, (req, res) => void res.json(sessionOf(req)));
  own.get('/fresh', sessions.fresh({ withinSeconds: 300 }), (_req, res) => void res.json({}));
  return own.use(answerErrors);
}

/** A browser: the cookies it has been given. supertest's own jar does not send secure ones over plaintext. */
function browser() {
  const jar = new Map<string, string>();
  async function send(method: 'get' | 'post', path: string, body?: object) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await request(app)[method](path).set('Cookie', cookie).send(body);
    for (const line of (answer.headers['set-cookie'] as unknown as string[] | undefined) ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }
  return {
    jar,
    get: (path: string) => send('get', path),
    post: (path: string, body?: object) => send('post', path, body),
    login: (path = '/login') => send('post', path, { email: ada.email, password: passphrase }),
    async isIn() {
      return (await send('get', '/me')).status === 200;
    },
  };
}

/** What the app on the phone shows. */
function codeAt(aheadMs = 0): string {
  return TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: shop.clock.nowMs() + aheadMs });
}
const wrongCode = (): string => ([-30_000, 0, 30_000].map(codeAt).includes('000000') ? '111111' : '000000');
const nextStep = (): void => shop.clock.advance(60_000);
const query = (sql: string) => shop.test.database.query(sql);
const kinds = async (): Promise<unknown[]> =>
  (await query(`select kind from safekeep.security_events where kind ~ '^(login|factor)' order by id`)).map(
    (row) => row['kind'],
  );

/** Signs in and turns the factor on; gives the browser and the recovery codes. */
async function turnedOn() {
  const here = browser();
  await here.login();
  secret = (await here.post('/factor')).body.secret.replaceAll(' ', '');
  const { body: codes } = await here.post('/factor/confirm', { code: codeAt() });
  nextStep();
  return { here, codes: codes as string[] };
}

beforeAll(async () => {
  shop = await testShop({
    hashing: { cost: { memoryKiB: 7168, passes: 5 } },
    onPasswordProven: () => decision,
    // Far away, so that what is counted beside them shows.
    loginLimits: { perAccount: 100, perSubnet: 1000, perAccountOfStrangers: 1000 },
  });
  app = server();
});
afterAll(() => shop.close());
beforeEach(async () => {
  decision = 'allow';
  shop.clock.advance(3_600_000);
  await query('delete from safekeep.accounts');
  await query('delete from customers');
  id = await newAccount(shop);
});

describe('turning the second factor on', () => {
  it('takes a code of the new secret, gives ten recovery codes, and ends every other session', async () => {
    const elsewhere = browser();
    await elsewhere.login();
    const here = browser();
    await here.login();
    const { body: setup } = await here.post('/factor');
    expect(setup.uri).toContain('ada%40example.com');
    expect(setup.svg).toMatch(/^<svg /);
    secret = setup.secret.replaceAll(' ', '');
    expect((await here.post('/factor/confirm', { code: wrongCode() })).body).toBeNull();
    expect((await here.get('/factor')).body).toEqual(setup);
    expect(await shop.keep.secondFactor.isOn(id)).toBe(false);
    const { body: codes } = await here.post('/factor/confirm', { code: codeAt() });
    expect(codes).toHaveLength(10);
    expect(await shop.keep.secondFactor.codesLeft(id)).toBe(10);
    expect([await elsewhere.isIn(), await here.isIn(), await shop.keep.secondFactor.isOn(id)]).toEqual([
      false,
      true,
      true,
    ]);
    expect((await here.get('/factor')).body).toBeNull();
    expect(await kinds()).toContain('factor.added');
    expect(shop.outbox.at(-1)?.text).toContain('A second step was added');
  });

  it('stores the secret sealed for its account, and no recovery code that can be read', async () => {
    const { codes } = await turnedOn();
    const [row] = await query('select secret from safekeep.second_factors');
    expect(row?.['secret']).toMatch(/^sf1\./);
    const stored = JSON.stringify(await query('select * from safekeep.recovery_codes'));
    for (const code of codes) expect(stored).not.toContain(code);
    expect(shop.lines.join('')).not.toContain(secret);
    // Copied to another account's row it opens nothing.
    const other = await newAccount(shop, { ...ada, email: 'bob@example.com' });
    await query('delete from safekeep.recovery_codes');
    await query(`update safekeep.second_factors set account = '${other}'`);
    const bob = browser();
    await bob.post('/login', { email: 'bob@example.com', password: passphrase });
    expect((await bob.post('/login/code', { code: codeAt() })).body).toEqual({ code: 'ERR_SEAL_BROKEN' });
    expect(await bob.isIn()).toBe(false);
  });

  it('makes a setup too old after a quarter of an hour, and refuses one over a factor that is on', async () => {
    const { here } = await turnedOn();
    expect((await here.post('/factor')).body).toEqual({ code: 'ERR_FACTOR_EXISTS' });
    await query('update safekeep.second_factors set confirmed_at = null');
    shop.clock.advance(15 * 60_000);
    const late = browser();
    await late.login();
    expect((await late.post('/factor/confirm', { code: codeAt() })).body).toBeNull();
    await shop.keep.secondFactor.purge();
    expect(await query('select 1 from safekeep.second_factors')).toEqual([]);
  });
});

describe('signing in with a second factor', () => {
  it('takes password and code, and starts no session before', async () => {
    await turnedOn();
    const there = browser();
    expect((await there.login()).body).toEqual({ owes: true });
    expect([...there.jar.keys()]).toEqual(['__Host-session-challenge']);
    expect(await there.isIn()).toBe(false);
    expect((await there.post('/login/code', { code: wrongCode() })).status).toBe(401);
    expect((await there.post('/login/code', { code: codeAt() })).body).toEqual({ account: id });
    // The device is remembered when all is paid, and not before.
    expect([await there.isIn(), [...there.jar.keys()].sort()]).toEqual([true, ['__Host-device', '__Host-session']]);
    expect((await kinds()).slice(-3)).toEqual(['login.challenged', 'factor.failed', 'login.succeeded']);
  });

  it('starts no session in a handler that forgets the code', async () => {
    await turnedOn();
    const there = browser();
    expect((await there.login('/login/forgetful')).body).toEqual({ code: 'ERR_FACTOR_REQUIRED' });
    expect(there.jar.size).toBe(0);
  });

  it('takes a code once, also from two browsers at once, and none of an earlier step afterwards', async () => {
    await turnedOn();
    const both = [browser(), browser()];
    for (const there of both) await there.login();
    const code = codeAt();
    const answers = await Promise.all(both.map((there) => there.post('/login/code', { code })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    const third = browser();
    await third.login();
    expect((await third.post('/login/code', { code })).status).toBe(401);
    expect((await third.post('/login/code', { code: codeAt(-30_000) })).status).toBe(401);
    expect((await third.post('/login/code', { code: codeAt(30_000) })).status).toBe(200);
  });

  it('takes each recovery code once, also from two browsers at once', async () => {
    const { codes } = await turnedOn();
    const both = [browser(), browser()];
    for (const there of both) await there.login();
    const code = (codes[3] ?? '').toLowerCase();
    const answers = await Promise.all(both.map((there) => there.post('/login/code', { code })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect(await shop.keep.secondFactor.codesLeft(id)).toBe(9);
    expect(await kinds()).toContain('factor.recovery');
  });

  it('lets two good codes that race for one challenge start one session', async () => {
    const { codes } = await turnedOn();
    const there = browser();
    await there.login();
    const answers = await Promise.all([codes[0], codes[1]].map((code) => there.post('/login/code', { code })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  it('lets one challenge start one session, and none after ten minutes or a change of password', async () => {
    const { codes } = await turnedOn();
    const there = browser();
    await there.login();
    const copied = [...there.jar];
    await there.post('/login/code', { code: codeAt() });
    for (const [name, value] of copied) there.jar.set(name, value);
    expect((await there.post('/login/code', { code: codes[0] })).body).toEqual({ code: 'ERR_CHALLENGE_MISSING' });
    const late = browser();
    await late.login();
    shop.clock.advance(601_000);
    expect((await late.post('/login/code', { code: codeAt() })).body).toEqual({ code: 'ERR_CHALLENGE_MISSING' });
    const changed = browser();
    await changed.login();
    await query('update safekeep.accounts set epoch = epoch + 1');
    expect((await changed.post('/login/code', { code: codeAt() })).body).toEqual({ code: 'ERR_CHALLENGE_MISSING' });
    expect((await browser().post('/login/code', { code: codeAt() })).body).toEqual({ code: 'ERR_CHALLENGE_MISSING' });
  });

  it('looks at five codes of fifty that come at once, then waits longer and longer, and forgives the owner', async () => {
    const { codes } = await turnedOn();
    const thief = browser();
    await thief.login();
    const code = wrongCode();
    await Promise.all(Array.from({ length: 50 }, () => thief.post('/login/code', { code })));
    const row = async () => (await query('select failures, waits_until from safekeep.second_factors'))[0];
    expect(await row()).toMatchObject({ failures: 5 });
    // The right one too has to wait.
    expect((await thief.post('/login/code', { code: codeAt() })).status).toBe(401);
    shop.clock.advance(1_001);
    await thief.post('/login/code', { code: wrongCode() });
    shop.clock.advance(1_001);
    expect((await thief.post('/login/code', { code: codeAt() })).status).toBe(401);
    expect(await row()).toMatchObject({ failures: 6 });
    // The password alone clears nothing of it; a recovery code does.
    await thief.login();
    expect(await row()).toMatchObject({ failures: 6 });
    const owner = browser();
    await owner.login();
    expect((await owner.post('/login/code', { code: codes[0] })).status).toBe(200);
    expect(await row()).toMatchObject({ failures: 0, waits_until: null });
  });

  it('takes no code of the app after a hundred wrong ones in a row, and a recovery code still', async () => {
    const { codes } = await turnedOn();
    await query('update safekeep.second_factors set failures = 100');
    const there = browser();
    await there.login();
    expect((await there.post('/login/code', { code: codeAt() })).status).toBe(401);
    expect((await there.post('/login/code', { code: codes[0] })).status).toBe(200);
  });

  it('is refused on a route without the limit', async () => {
    expect((await browser().post('/login/unlimited', { code: '123456' })).body).toEqual({
      code: 'ERR_ATTEMPT_MISSING',
    });
  });

  it('spends the places of the login limit, by the account that owes the code', async () => {
    const strict = await testShop({ loginLimits: { perAccount: 2 }, onPasswordProven: () => decision });
    const [before, beforeShop, beforeSecret] = [app, shop, secret];
    try {
      shop = strict;
      app = server();
      await newAccount(strict);
      await turnedOn();
      const there = browser();
      await there.login();
      const statuses: number[] = [];
      for (let at = 0; at < 4; at += 1) statuses.push((await there.post('/login/code', { code: wrongCode() })).status);
      expect(statuses).toEqual([401, 401, 429, 429]);
      // Signing in by password once more frees none of them.
      await there.login();
      expect((await there.post('/login/code', { code: codeAt() })).status).toBe(429);
      // And nobody else in this network is kept waiting by them.
      await newAccount(strict, { ...ada, email: 'bob@example.com' });
      decision = 'challenge';
      const bob = browser();
      await bob.post('/login', { email: 'bob@example.com', password: passphrase });
      expect((await bob.post('/login/code', { code: '000000' })).status).toBe(401);
    } finally {
      [app, shop, secret] = [before, beforeShop, beforeSecret];
      await strict.close();
    }
  });
});

describe('the hook of a sign-in', () => {
  it('denies in the words of a wrong password, and keeps the place in the limit', async () => {
    decision = 'deny';
    const there = browser();
    expect((await there.login()).status).toBe(401);
    expect((await kinds()).at(-1)).toBe('login.denied');
    expect((await there.login('/login/forgetful')).body).toEqual({ code: 'ERR_SESSION_REQUIRED' });
  });

  it('denies where there is a second factor too', async () => {
    await turnedOn();
    decision = 'deny';
    expect((await browser().login()).status).toBe(401);
  });

  it('lets nobody in by an answer that is none', async () => {
    decision = true as unknown as SignInDecision;
    expect((await browser().login()).status).toBe(401);
  });

  it('never talks a second factor away, and may ask for one of its own', async () => {
    await turnedOn();
    expect((await browser().login()).body).toEqual({ owes: true });
    await query('delete from safekeep.second_factors');
    decision = 'challenge';
    const there = browser();
    expect((await there.login()).body).toEqual({ owes: true });
    expect((await there.post('/login/code', { code: codeAt() })).status).toBe(401);
    expect((await there.post('/login/other')).body).toEqual({ owing: id, account: id });
  });
});

describe('proving oneself again', () => {
  it('makes a session fresh: password, and the code where there is one', async () => {
    const { here } = await turnedOn();
    expect((await here.get('/fresh')).status).toBe(200);
    shop.clock.advance(300_000);
    expect((await here.get('/fresh')).body).toEqual({ code: 'ERR_SESSION_STALE' });
    const session = here.jar.get('__Host-session');
    expect((await here.post('/prove', { password: 'wrong' })).status).toBe(403);
    expect((await here.post('/prove', { password: passphrase })).body).toEqual({ owes: true });
    expect((await here.get('/fresh')).body).toEqual({ code: 'ERR_SESSION_STALE' });
    await here.post('/login/code', { code: codeAt() });
    expect((await here.get('/fresh')).status).toBe(200);
    expect(here.jar.get('__Host-session')).not.toBe(session);
  });
});

describe('turning it off', () => {
  it('takes password and code, ends every other session, and voids mailed resets', async () => {
    const { here, codes } = await turnedOn();
    const there = browser();
    await there.login();
    await there.post('/login/code', { code: codes[0] });
    await shop.keep.resets.request(ada.email);
    await expect.poll(() => codeIn(shop.outbox.at(-1))).toMatch(/^rst_/);
    const reset = codeIn(shop.outbox.at(-1));
    const off = (password: string, code: string | undefined) => here.post('/factor/off', { password, code });
    expect((await off('wrong', codes[1])).body).toBe(false);
    expect((await off(passphrase, wrongCode())).body).toBe(false);
    expect(await shop.keep.secondFactor.isOn(id)).toBe(true);
    expect((await off(passphrase, codes[1])).body).toBe(true);
    expect([await there.isIn(), await here.isIn()]).toEqual([false, true]);
    expect(await shop.keep.resets.redeem(reset, 'eleven slow barges at noon')).toBeNull();
    expect((await browser().login()).body).toEqual({ owes: false });
    expect(await query('select 1 from safekeep.recovery_codes')).toEqual([]);
    expect(await kinds()).toContain('factor.removed');
  });

  it('is refused while the password is too short to stand alone', async () => {
    const { here, codes } = await turnedOn();
    const short = 'k9#vTq2m';
    const hash = await shop.keep.passwords.hash(short, { account: id });
    await query(`update customers set password = '${hash}' where id = '${id}'`);
    const answer = await here.post('/factor/off', { password: short, code: codes[0] });
    expect(answer.body).toEqual({ code: 'ERR_PASSWORD_WEAK' });
    expect(await shop.keep.secondFactor.isOn(id)).toBe(true);
    // And the code was not used up by it.
    expect(await shop.keep.secondFactor.codesLeft(id)).toBe(10);
  });

  it('replaces the recovery codes of a factor that is on, and of no other', async () => {
    expect(await shop.keep.secondFactor.newCodes(id)).toBeNull();
    const { codes } = await turnedOn();
    const fresh = (await shop.keep.secondFactor.newCodes(id)) ?? [];
    expect(fresh).toHaveLength(10);
    const there = browser();
    await there.login();
    expect((await there.post('/login/code', { code: codes[0] })).status).toBe(401);
    expect((await there.post('/login/code', { code: fresh[0] })).status).toBe(200);
  });
});

describe('the rotation of keys', () => {
  it('moves the secrets of second factors too, and they go on working', async () => {
    await turnedOn();
    const { keys } = shop;
    const before = (await query('select secret from safekeep.second_factors'))[0]?.['secret'] as string;
    const { id: next } = await keys.stage('fields');
    await keys.activate(next);
    const report = await rotateFields({ database: shop.test.database, fields: shop.keep.fields });
    expect(report).toMatchObject({ left: 0, failures: [] });
    const after = (await query('select secret from safekeep.second_factors'))[0]?.['secret'] as string;
    expect([shop.keep.fields.keyIdOf(before), shop.keep.fields.keyIdOf(after)]).toEqual([expect.anything(), next]);
    const there = browser();
    await there.login();
    expect((await there.post('/login/code', { code: codeAt() })).status).toBe(200);
  });
});
