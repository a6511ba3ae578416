import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import express, { type ErrorRequestHandler } from 'express';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import type { Database } from '../../src/base/ports/database.js';
import { attemptOf } from '../../src/limits/index.js';
import { sessionOf } from '../../src/sessions/index.js';
import { ada, newAccount, passphrase, type ShopKeep, type TestShop, testShop } from '../shop/shop.js';
import { softwarePasskey } from './software-authenticator.js';

const origin = 'https://shop.example';
const rpID = 'shop.example';

const tables = `
create table passkeys (
  id text primary key, account text not null, public_key bytea not null, counter bigint not null,
  created_at timestamptz not null default now());
create table passkey_challenges (
  challenge text primary key, account text not null, use text not null, expires_at timestamptz not null);`;

/** The recipe of docs/passkeys.md. */
function passkeyRoutes({ keep, database, now }: { keep: ShopKeep; database: Database; now: () => Date }) {
  const router = express.Router();

  const passkeysOf = (account: string) =>
    database.query<{ id: string }>('select id from passkeys where account = $1', [account]);
  async function remember(challenge: string, account: string, use: string): Promise<void> {
    await database.query('delete from passkey_challenges where expires_at <= $1', [now()]);
    await database.query('insert into passkey_challenges values ($1, $2, $3, $4)', [
      ...[challenge, account, use, new Date(now().getTime() + 300_000)],
    ]);
  }
  // Taken by being deleted: an answer counts once, for the account and the use that it was asked for.
  async function take(challenge: string, account: string, use: string): Promise<boolean> {
    const taken = await database.query(
      'delete from passkey_challenges where challenge = $1 and account = $2 and use = $3 and expires_at > $4 returning 1',
      [challenge, account, use, now()],
    );
    return taken.length === 1;
  }

  router.post('/passkeys/options', keep.sessions.fresh({ withinSeconds: 300 }), async (req, res) => {
    const { account } = sessionOf(req);
    const options = await generateRegistrationOptions({
      rpName: 'Larkspur Lane',
      rpID,
      userName: (await keep.accounts.mailAddress(account)) ?? '',
      excludeCredentials: [...(await passkeysOf(account))],
    });
    await remember(options.challenge, account, 'add');
    res.json(options);
  });

  router.post('/passkeys', keep.sessions.fresh({ withinSeconds: 300 }), async (req, res) => {
    const { account } = sessionOf(req);
    const { registrationInfo } = await verifyRegistrationResponse({
      response: req.body,
      expectedChallenge: (challenge) => take(challenge, account, 'add'),
      expectedOrigin: origin,
      expectedRPID: rpID,
      requireUserVerification: false,
    }).catch(() => ({ registrationInfo: undefined }));
    if (registrationInfo === undefined) return void res.status(422).json({});
    const { id, publicKey, counter } = registrationInfo.credential;
    await database.query('insert into passkeys (id, account, public_key, counter) values ($1, $2, $3, $4)', [
      ...[id, account, Buffer.from(publicKey), counter],
    ]);
    // As when a code is set up: every other session ends. Tell the owner by mail here.
    await keep.sessions.endAll(account);
    await keep.sessions.start(req, res, account);
    res.status(201).json({});
  });

  router.post('/login/passkey/options', keep.secondFactor.limit, async (req, res) => {
    const account = keep.secondFactor.owing(req) ?? '';
    const options = await generateAuthenticationOptions({ rpID, allowCredentials: [...(await passkeysOf(account))] });
    await remember(options.challenge, account, 'sign-in');
    // Nothing was tried yet, so the place goes back.
    await attemptOf(req).abandon();
    res.json(options);
  });

  router.post('/login/passkey', keep.secondFactor.limit, async (req, res) => {
    const account = keep.secondFactor.owing(req) ?? '';
    const [passkey] = await database.query<{ id: string; public_key: Buffer; counter: string }>(
      'select id, public_key, counter from passkeys where id = $1 and account = $2',
      [String(req.body?.id), account],
    );
    if (passkey === undefined) return void res.status(401).json({});
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: req.body,
      expectedChallenge: (challenge) => take(challenge, account, 'sign-in'),
      expectedOrigin: origin,
      expectedRPID: rpID,
      credential: { id: passkey.id, publicKey: new Uint8Array(passkey.public_key), counter: Number(passkey.counter) },
      requireUserVerification: false,
    }).catch(() => ({ verified: false, authenticationInfo: { newCounter: 0 } }));
    if (!verified) return void res.status(401).json({});
    await database.query('update passkeys set counter = $2 where id = $1 and counter < $2', [
      ...[passkey.id, authenticationInfo.newCounter],
    ]);
    if ((await keep.secondFactor.accept(req, res)) === null) return void res.status(401).json({});
    await keep.sessions.start(req, res, account);
    res.json({});
  });
  return router;
}

let shop: TestShop;
let app: express.Express;
let id: string;
const page = { origin, rpId: rpID };

const answerErrors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  const known = isSafekeepError(error);
  res.status(known ? error.status : 500).json({ code: known ? error.code : String(error) });
};

function browser() {
  const jar = new Map<string, string>();
  const send = async (path: string, body: object = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await request(app).post(path).set('Cookie', cookie).send(body);
    for (const line of (answer.headers['set-cookie'] as unknown as string[] | undefined) ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  };
  return {
    send,
    login: (email: string = ada.email) => send('/login', { email, password: passphrase }),
    isIn: async () => (await send('/me')).status === 200,
    /** What a page does with the options: hands them to the authenticator and posts what comes back. */
    async add(passkey = softwarePasskey()) {
      const { body } = await send('/passkeys/options');
      return { passkey, answer: await send('/passkeys', passkey.register(body.challenge, page)) };
    },
    challenge: async (): Promise<string> => (await send('/login/passkey/options')).body.challenge,
  };
}

beforeAll(async () => {
  shop = await testShop({
    hashing: { cost: { memoryKiB: 7168, passes: 5 } },
    onPasswordProven: async ({ account }) => {
      const known = await shop.test.database.query('select 1 from passkeys where account = $1 limit 1', [account]);
      return known.length > 0 ? 'challenge' : 'allow';
    },
  });
  const { keep, test, clock } = shop;
  for (const table of tables.split(';\n')) await test.database.query(table);
  app = express().use(express.json());
  app.post('/login', keep.logins.limit, async (req, res) => {
    const account = await keep.logins.verify(req, req.body as object);
    if (account === null) return void res.status(401).json({});
    if (await keep.secondFactor.challenge(req, res, account.id)) return void res.json({ owes: true });
    await keep.sessions.start(req, res, account.id);
    res.json({ owes: false });
  });
  app.post('/prove', keep.sessions.required, keep.logins.changeLimit, async (req, res) => {
    const account = await keep.logins.prove(req, sessionOf(req).account, req.body.password);
    if (account === null) return void res.status(403).json({});
    res.json({ owes: await keep.secondFactor.challenge(req, res, account.id) });
  });
  app.use(passkeyRoutes({ keep, database: test.database, now: () => new Date(clock.nowMs()) }));
  app.post('/me', keep.sessions.required, (req, res) => void res.json(sessionOf(req)));
  app.post('/fresh', keep.sessions.fresh({ withinSeconds: 300 }), (_req, res) => void res.json({}));
  app.use(answerErrors);
});
afterAll(() => shop.close());
beforeEach(async () => {
  for (const table of ['safekeep.accounts', 'customers', 'passkeys', 'passkey_challenges']) {
    await shop.test.database.query(`delete from ${table}`);
  }
  shop.clock.advance(3_600_000);
  id = await newAccount(shop);
});

describe('the recipe for passkeys', () => {
  it('adds one to a fresh session, ends the others, and asks for it from then on', async () => {
    const elsewhere = browser();
    await elsewhere.login();
    const here = browser();
    await here.login();
    const { passkey, answer } = await here.add();
    expect([answer.status, await here.isIn(), await elsewhere.isIn()]).toEqual([201, true, false]);
    const there = browser();
    expect((await there.login()).body).toEqual({ owes: true });
    expect(await there.isIn()).toBe(false);
    expect((await there.send('/login/passkey', passkey.sign(await there.challenge(), page))).status).toBe(200);
    expect(await there.isIn()).toBe(true);
    const kinds = await shop.test.database.query('select kind from safekeep.security_events order by id desc limit 1');
    expect(kinds).toEqual([{ kind: 'login.succeeded' }]);
  });

  it('adds none to a session that is not fresh', async () => {
    const here = browser();
    await here.login();
    shop.clock.advance(301_000);
    expect((await here.send('/passkeys/options')).body).toEqual({ code: 'ERR_SESSION_STALE' });
    expect((await here.send('/passkeys', {})).body).toEqual({ code: 'ERR_SESSION_STALE' });
  });

  it('makes a session fresh: the password, and the passkey again', async () => {
    const here = browser();
    await here.login();
    const { passkey } = await here.add();
    shop.clock.advance(301_000);
    expect((await here.send('/fresh')).body).toEqual({ code: 'ERR_SESSION_STALE' });
    expect((await here.send('/prove', { password: passphrase })).body).toEqual({ owes: true });
    expect((await here.send('/fresh')).body).toEqual({ code: 'ERR_SESSION_STALE' });
    await here.send('/login/passkey', passkey.sign(await here.challenge(), page));
    expect((await here.send('/fresh')).status).toBe(200);
  });

  it('takes an answer once, for its own challenge, from our own page, and by a passkey of this account', async () => {
    const here = browser();
    await here.login();
    const { passkey } = await here.add();
    const there = browser();
    await there.login();
    const answer = passkey.sign(await there.challenge(), page);
    const phished = { origin: 'https://shop.example.evil.example', rpId: rpID };
    for (const wrong of [
      passkey.sign(await there.challenge(), phished),
      passkey.sign(await there.challenge(), { ...page, rpId: 'evil.example' }),
      passkey.sign('AAAA', page),
      softwarePasskey().sign(await there.challenge(), page),
      { ...softwarePasskey().sign(await there.challenge(), page), id: passkey.id, rawId: passkey.id },
      {},
    ]) {
      expect((await there.send('/login/passkey', wrong)).status).toBe(401);
    }
    expect((await there.send('/login/passkey', answer)).status).toBe(200);
    const again = browser();
    await again.login();
    expect((await again.send('/login/passkey', answer)).status).toBe(401);
    expect(await again.isIn()).toBe(false);
  });

  it('takes no challenge of another account, none that is late, and none that was made to add one', async () => {
    const here = browser();
    await here.login();
    const { passkey } = await here.add();
    const adding = (await here.send('/passkeys/options')).body.challenge as string;
    await newAccount(shop, { ...ada, email: 'bob@example.com' });
    const bob = browser();
    await bob.login('bob@example.com');
    const { passkey: bobs } = await bob.add();
    const bobAgain = browser();
    await bobAgain.login('bob@example.com');
    const there = browser();
    await there.login();
    expect((await there.send('/login/passkey', passkey.sign(await bobAgain.challenge(), page))).status).toBe(401);
    expect((await there.send('/login/passkey', bobs.sign(await there.challenge(), page))).status).toBe(401);
    expect((await there.send('/login/passkey', passkey.sign(adding, page))).status).toBe(401);
    const late = passkey.sign(await there.challenge(), page);
    shop.clock.advance(300_000);
    expect((await there.send('/login/passkey', late)).status).toBe(401);
    expect((await there.send('/login/passkey', passkey.sign(await there.challenge(), page))).status).toBe(200);
  });

  it('signs nobody in without the password before it', async () => {
    const here = browser();
    await here.login();
    const { passkey } = await here.add();
    const thief = browser();
    expect((await thief.send('/login/passkey/options')).body).toEqual({ code: 'ERR_CHALLENGE_MISSING' });
    expect((await thief.send('/login/passkey', passkey.sign('AAAA', page))).body).toEqual({
      code: 'ERR_CHALLENGE_MISSING',
    });
  });

  it('refuses a copy of the key that is behind the counter', async () => {
    const here = browser();
    await here.login();
    const { passkey } = await here.add();
    const there = browser();
    await there.login();
    passkey.counter = 40;
    expect((await there.send('/login/passkey', passkey.sign(await there.challenge(), page))).status).toBe(200);
    const clone = browser();
    await clone.login();
    passkey.counter = 3;
    expect((await clone.send('/login/passkey', passkey.sign(await clone.challenge(), page))).status).toBe(401);
    expect(await shop.test.database.query('select counter::int from passkeys where account = $1', [id])).toEqual([
      { counter: 41 },
    ]);
  });
});
