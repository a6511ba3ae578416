import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionOf } from '../../src/sessions/index.js';
import { ada, newAccount, passphrase, type TestShop, testShop } from '../shop/shop.js';

const next = 'nine quiet tractors climb the attic';
let shop: TestShop;
let app: express.Express;

beforeAll(async () => {
  shop = await testShop({ mailsPerHour: 6, loginLimits: { perAccount: 3, perSubnet: 100 } });
  const { keep } = shop;
  app = express().use(express.json());
  app.post('/login', keep.logins.limit, async (req, res) => {
    const account = await keep.logins.verify(req, req.body as object);
    if (account === null) return void res.status(401).json({});
    await keep.sessions.start(req, res, account.id);
    res.json({});
  });
  app.post('/password', keep.sessions.required, keep.logins.changeLimit, async (req, res) => {
    const changed = await keep.logins.change(
      req,
      sessionOf(req).account,
      req.body as { current: string; next: string },
    );
    res.status(changed === null ? 403 : 200).json({});
  });
  app.post('/register', keep.accounts.limit, (_req, res) => void res.json({}));
  app.use(keep.resets.routes(), keep.errors);
});
afterAll(() => shop.close());

async function signedIn(email: string): Promise<string> {
  const { headers } = await request(app).post('/login').send({ email, password: passphrase }).expect(200);
  return ((headers['set-cookie'] as unknown as string[])[0] ?? '').split(';')[0] ?? '';
}

describe('the limits of the preset', () => {
  it('count tries at a changed password for the account that is signed in, whatever login the form says, and not for its neighbours', async () => {
    await newAccount(shop);
    await newAccount(shop, { ...ada, email: 'bob@example.com' });
    const [adas, bobs] = [await signedIn(ada.email), await signedIn('bob@example.com')];
    const change = async (cookie: string, current: string, email?: string) =>
      (await request(app).post('/password').set('Cookie', cookie).send({ email, current, next })).status;
    for (let at = 0; at < 3; at += 1) expect(await change(adas, 'wrong', `new${at}@example.com`)).toBe(403);
    expect(await change(adas, passphrase, 'another@example.com')).toBe(429);
    expect(await change(bobs, passphrase)).toBe(200);
  });

  it('hold the mails and the hashes of forgotten passwords', async () => {
    const statuses: number[] = [];
    for (let at = 0; at < 7; at += 1) {
      const body = at % 2 === 0 ? { email: 'nobody@example.com' } : { code: 'x', password: next };
      statuses.push(
        (
          await request(app)
            .post(at % 2 === 0 ? '/forgot' : '/reset')
            .send(body)
        ).status,
      );
    }
    expect(statuses).toEqual([202, 400, 202, 400, 202, 400, 429]);
    const { body, headers } = await request(app).post('/forgot').send({ email: 'nobody@example.com' }).expect(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(3000);
    expect((body as { detail: string }).detail).toBe('Too many requests of this kind from this network.');
  });
});

describe('the limit of registrations', () => {
  it('holds the routes it is mounted on, apart from that of reset mails', async () => {
    const statuses: number[] = [];
    for (let at = 0; at < 7; at += 1) statuses.push((await request(app).post('/register').send({})).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429]);
  });
});

describe('the floor of the preset', () => {
  it('holds refused sign-ins too', async () => {
    const waits: number[] = [];
    const wait = (ms: number) => {
      waits.push(ms);
      return Promise.resolve();
    };
    const slow = await testShop({ floorMs: 4000, clock: { nowMs: () => 1_000_000, wait } });
    const server = express().use(express.json());
    server.post('/login', slow.keep.logins.limit, async (req, res) => {
      res.json({ found: (await slow.keep.logins.verify(req, req.body as object)) !== null });
    });
    const { body } = await request(server).post('/login').send({ email: ada.email, password: 'wrong' });
    await slow.close();
    expect(body).toEqual({ found: false });
    expect(waits).toContain(4000);
  });
});

describe('a mailer that throws at once', () => {
  it('leaves a changed password changed, and is told of in the log', async () => {
    let broken = false;
    const outbox: string[] = [];
    const loud = await testShop({
      mailer: {
        send({ text }) {
          if (broken) throw new Error('no connection');
          outbox.push(text);
          return Promise.resolve();
        },
      },
    });
    const { keep } = loud;
    await keep.accounts.register({ row: ada, password: passphrase });
    const code = /\bcnf_[A-Za-z0-9_-]{49}\b/.exec(outbox[0] ?? '')?.[0];
    const account = await keep.accounts.confirm(code ?? '', passphrase);
    broken = true;
    const server = express().use(express.json());
    server.post('/password', keep.logins.limit, async (req, res) => {
      const changed = await keep.logins.change(req, account?.id ?? '', { current: passphrase, next });
      res.json({ changed: changed !== null });
    });
    const { body } = await request(server).post('/password').send({});
    await loud.close();
    expect(body).toEqual({ changed: true });
    expect(loud.lines.join()).toContain('a mail was not sent');
  });
});
