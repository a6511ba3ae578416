import express, { type ErrorRequestHandler, type Request } from 'express';
import { Secret, TOTP } from 'otpauth';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { commonPasswords } from '../../src/passwords/index.js';
import { sessionOf } from '../../src/sessions/index.js';
import { ada, newAccount, passphrase, type TestShop, testShop } from '../shop/shop.js';

/** Long enough beside a second factor, and not alone. */
const short = 'k9#vTq2m';
const long = 'eleven slow barges at noon';

let shop: TestShop;
let app: express.Express;
let id: string;
let codes: readonly string[];
/** Runs while a new password is looked up in the lists: between its judgement and its writing. */
let meanwhile: ((password: string) => Promise<void>) | undefined;

const answerErrors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  res
    .status(isSafekeepError(error) ? error.status : 500)
    .json({ code: isSafekeepError(error) ? error.code : String(error) });
};

async function turnOn(): Promise<void> {
  const secret = (await shop.keep.secondFactor.begin(id, ada.email)).secret.replaceAll(' ', '');
  const code = TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: shop.clock.nowMs() });
  codes = (await shop.keep.secondFactor.confirm({} as Request, id, code)) ?? [];
}
let cookie = '';
const send = async (path: string, body: object) => {
  const answer = await request(app).post(path).set('Cookie', cookie).send(body);
  const [set] = (answer.headers['set-cookie'] as unknown as string[] | undefined) ?? [];
  if (set?.startsWith('__Host-session=')) cookie = set.split(';')[0] ?? '';
  return answer;
};
const change = (current: string, next: string) => send('/password', { current, next });
const turnOff = (password: string, code = codes[0]) => send('/factor/off', { password, code });
const verifies = async (password: string): Promise<boolean> => {
  const account = await shop.keep.accounts.find(id);
  return (await shop.keep.passwords.verify(account?.passwordHash ?? null, password, { account: id })) !== null;
};

beforeAll(async () => {
  const list = {
    ...commonPasswords(),
    async look(password: string) {
      const work = meanwhile;
      meanwhile = undefined;
      await work?.(password);
      return 'unlisted' as const;
    },
  };
  shop = await testShop({ hashing: { cost: { memoryKiB: 7168, passes: 5 } }, breached: { lists: [list] } });
  const { logins, sessions, secondFactor } = shop.keep;
  app = express().use(express.json());
  app.post('/in', async (req, res) => {
    await sessions.start(req, res, id);
    res.json({});
  });
  app.post('/password', sessions.required, logins.changeLimit, async (req, res) => {
    const { account } = sessionOf(req);
    const changed = await logins.change(req, account, req.body as { current: unknown; next: unknown });
    if (changed !== null) await sessions.start(req, res, account);
    res.status(changed === null ? 403 : 200).json({});
  });
  app.post('/factor/off', sessions.required, logins.changeLimit, async (req, res) => {
    const { account } = sessionOf(req);
    const off = await secondFactor.turnOff(req, account, req.body as { password: unknown; code: unknown });
    if (off) await sessions.start(req, res, account);
    res.status(off ? 200 : 403).json({});
  });
  app.use(answerErrors);
});
afterAll(() => shop.close());
beforeEach(async () => {
  meanwhile = undefined;
  for (const table of ['safekeep.accounts', 'customers']) await shop.test.database.query(`delete from ${table}`);
  shop.clock.advance(3_600_000);
  id = await newAccount(shop);
  codes = [];
  cookie = '';
});
const signIn = () => send('/in', {});

describe('a password of eight characters', () => {
  it('is taken beside a second factor and not without one, and one of seven never', async () => {
    await signIn();
    expect((await change(passphrase, short)).body).toEqual({ code: 'ERR_PASSWORD_WEAK' });
    await turnOn();
    await signIn();
    expect((await change(passphrase, 'k9#vTq2')).body).toEqual({ code: 'ERR_PASSWORD_WEAK' });
    // Nor one that everybody uses. ASVS 5.0 6.2.4.
    expect((await change(passphrase, 'password1')).body).toEqual({ code: 'ERR_PASSWORD_WEAK' });
    expect((await change(passphrase, short)).status).toBe(200);
    expect(await verifies(short)).toBe(true);
  });

  it('keeps the second factor on until another one is chosen', async () => {
    await turnOn();
    await signIn();
    await change(passphrase, short);
    expect((await turnOff(short)).body).toEqual({ code: 'ERR_PASSWORD_WEAK' });
    expect([await shop.keep.secondFactor.isOn(id), await shop.keep.secondFactor.codesLeft(id)]).toEqual([true, 10]);
    expect((await change(short, long)).status).toBe(200);
    expect((await turnOff(long)).status).toBe(200);
    expect(await shop.keep.secondFactor.isOn(id)).toBe(false);
  });

  it('is not written when the factor is turned off while it is judged', async () => {
    await turnOn();
    await signIn();
    const before = cookie;
    let off = 0;
    meanwhile = async () => {
      const answer = await request(app)
        .post('/factor/off')
        .set('Cookie', before)
        .send({ password: passphrase, code: codes[0] });
      off = answer.status;
    };
    const answer = await change(passphrase, short);
    expect([off, answer.status]).toEqual([200, 403]);
    expect([await verifies(short), await verifies(passphrase)]).toEqual([false, true]);
    expect(await shop.keep.secondFactor.isOn(id)).toBe(false);
  });

  it('keeps the factor on when it is written while turning off looks at the one before', async () => {
    await turnOn();
    await signIn();
    const before = cookie;
    let changed = 0;
    meanwhile = async () => {
      const answer = await request(app)
        .post('/password')
        .set('Cookie', before)
        .send({ current: passphrase, next: short });
      changed = answer.status;
    };
    const answer = await turnOff(passphrase);
    expect([changed, answer.status]).toEqual([200, 403]);
    expect(await verifies(short)).toBe(true);
    expect(await shop.keep.secondFactor.isOn(id)).toBe(true);
  });
});
