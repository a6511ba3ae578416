import express, { type ErrorRequestHandler } from 'express';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.js';
import { isSafekeepError } from '../../src/base/errors.js';
import { migrate } from '../../src/database/index.js';
import { createSessions, rememberVerified, sessionOf, sqlSessionStore } from '../../src/sessions/index.js';
import { type TestDatabase, testDatabase } from '../services/database.js';

let test: TestDatabase;
let nowMs = Date.UTC(2026, 0, 1);
const clock: Clock = { nowMs: () => nowMs, wait: async () => {} };

const answerErrors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  res
    .status(isSafekeepError(error) ? error.status : 500)
    .json({ code: isSafekeepError(error) ? error.code : String(error) });
};

function server(cookie = '__Host-session') {
  const store = sqlSessionStore({ database: test.database, realm: 'customers' });
  const sessions = createSessions({ store, clock, cookie, idleSeconds: 600, absoluteSeconds: 3600 });
  const app = express();
  app.post('/start/:account', async (req, res) => {
    const epoch = req.query['epoch'];
    if (typeof epoch === 'string') rememberVerified(req, req.params.account, Number(epoch));
    await sessions.start(req, res, req.params.account);
    res.json(sessionOf(req));
  });
  app.post('/end', async (req, res) => {
    await sessions.end(req, res);
    res.json({});
  });
  app.post('/end-all/:account', async (req, res) => {
    await sessions.endAll(req.params.account);
    res.json({});
  });
  app.get('/list/:account', async (req, res) => void res.json(await sessions.list(req, req.params.account)));
  app.post('/end-one/:account', express.json(), async (req, res) => {
    res.json(await sessions.endOne(req.params.account, req.body.handle));
  });
  app.get('/fresh', sessions.fresh({ withinSeconds: 60 }), (_req, res) => void res.json({}));
  app.get('/me', sessions.required, (req, res) => void res.json(sessionOf(req)));
  app.use(answerErrors);
  return app;
}

/** Signs in and gives the cookie back as a browser would send it. */
async function signIn(app: express.Express, account = 'ada', cookie = ''): Promise<string> {
  const { headers, status } = await request(app).post(`/start/${account}`).set('Cookie', cookie);
  expect(status).toBe(200);
  const [set] = headers['set-cookie'] as unknown as string[];
  return (set ?? '').split(';')[0] ?? '';
}

beforeAll(async () => {
  test = await testDatabase();
  await migrate(test.database);
});
afterAll(() => test.drop());
beforeEach(async () => {
  await test.database.query('delete from safekeep.accounts');
  for (const account of ['ada', 'bob']) {
    await test.database.query(
      `insert into safekeep.accounts (realm, account, confirmed_at, password_changed_at) values ('customers', $1, now(), now())`,
      [account],
    );
  }
});

describe('sessions', () => {
  it('sets a host-bound, secure, script-proof cookie with 256 random bits', async () => {
    const app = server();
    const { headers } = await request(app).post('/start/ada');
    const [set] = headers['set-cookie'] as unknown as string[];
    expect(set).toMatch(/^__Host-session=[A-Za-z0-9_-]{43}; /);
    for (const attribute of ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax']) expect(set).toContain(attribute);
    expect(set).not.toContain('Domain');
  });

  it('stores no id that a copied table could sign in with', async () => {
    const cookie = await signIn(server());
    const rows = await test.database.query('select * from safekeep.sessions');
    expect(rows).toHaveLength(1);
    const id = cookie.split('=')[1] ?? '';
    expect(JSON.stringify(rows)).not.toContain(id);
    expect(rows.some((row) => Buffer.from(id).equals(row['id_hash'] as Buffer))).toBe(false);
  });

  it('knows the signed-in account, and lets no shared cache keep the page', async () => {
    const app = server();
    const cookie = await signIn(app);
    const { body, headers } = await request(app).get('/me').set('Cookie', cookie);
    expect(body).toMatchObject({ account: 'ada' });
    expect(headers['cache-control']).toBe('no-store');
  });

  it.each([
    '',
    '__Host-session=',
    `__Host-session=${'A'.repeat(43)}`,
    '__Host-session=%00',
    `session=${'A'.repeat(43)}`,
  ])('refuses the cookie %j', async (cookie) => {
    expect((await request(server()).get('/me').set('Cookie', cookie)).body).toEqual({ code: 'ERR_SESSION_REQUIRED' });
  });

  it('gives a new id on every sign-in and ends the one before', async () => {
    const app = server();
    const first = await signIn(app);
    const second = await signIn(app, 'ada', first);
    expect(second).not.toBe(first);
    expect((await request(app).get('/me').set('Cookie', first)).status).toBe(401);
    expect((await request(app).get('/me').set('Cookie', second)).status).toBe(200);
  });

  it('ends one session and expires its cookie by name', async () => {
    const app = server();
    const cookie = await signIn(app);
    const { headers } = await request(app).post('/end').set('Cookie', cookie);
    expect((headers['set-cookie'] as unknown as string[])[0]).toMatch(/^__Host-session=;.*Max-Age=0/);
    expect((await request(app).get('/me').set('Cookie', cookie)).status).toBe(401);
  });

  it('ends every session of an account at once, and nobody else’s', async () => {
    const app = server();
    const [one, two, bobs] = [await signIn(app), await signIn(app), await signIn(app, 'bob')];
    await request(app).post('/end-all/ada');
    expect((await request(app).get('/me').set('Cookie', one)).status).toBe(401);
    expect((await request(app).get('/me').set('Cookie', two)).status).toBe(401);
    expect((await request(app).get('/me').set('Cookie', bobs)).status).toBe(200);
  });

  it('ends with the epoch of the account even where its row is left', async () => {
    const app = server();
    const cookie = await signIn(app);
    await test.database.query(`update safekeep.accounts set epoch = epoch + 1 where account = 'ada'`);
    expect((await request(app).get('/me').set('Cookie', cookie)).status).toBe(401);
  });

  it('does not start for a password that was changed after it was verified', async () => {
    const app = server();
    await test.database.query(`update safekeep.accounts set epoch = 2 where account = 'ada'`);
    expect((await request(app).post('/start/ada?epoch=1')).body).toEqual({ code: 'ERR_SESSION_REQUIRED' });
    expect((await request(app).post('/start/ada?epoch=2')).status).toBe(200);
  });

  it('does not start or go on for a disabled account', async () => {
    const app = server();
    const cookie = await signIn(app);
    await test.database.query(`update safekeep.accounts set state = 'disabled' where account = 'ada'`);
    expect((await request(app).get('/me').set('Cookie', cookie)).status).toBe(401);
    expect((await request(app).post('/start/ada')).status).toBe(401);
  });

  it('ends when it is idle too long, and lives while it is used', async () => {
    const app = server();
    const cookie = await signIn(app);
    for (let at = 0; at < 3; at += 1) {
      nowMs += 500_000;
      expect((await request(app).get('/me').set('Cookie', cookie)).status).toBe(200);
    }
    nowMs += 601_000;
    expect((await request(app).get('/me').set('Cookie', cookie)).status).toBe(401);
  });

  it('ends at its absolute limit however busy it is', async () => {
    const app = server();
    const cookie = await signIn(app);
    for (let at = 0; at < 7; at += 1) {
      nowMs += 500_000;
      await request(app).get('/me').set('Cookie', cookie);
    }
    nowMs += 200_000;
    expect((await request(app).get('/me').set('Cookie', cookie)).status).toBe(401);
  });

  it('lists the live ones of an account, with what each browser calls itself in words of ours', async () => {
    const app = server();
    const first = await signIn(app);
    nowMs += 120_000;
    const second = await signIn(app);
    await signIn(app, 'bob');
    nowMs += 61_000;
    await request(app).get('/me').set('Cookie', first);
    const { body } = await request(app).get('/list/ada').set('Cookie', second);
    expect(body).toEqual([
      expect.objectContaining({ current: false, browser: 'A browser or program', seenAtMs: nowMs }),
      expect.objectContaining({ current: true, startedAtMs: nowMs - 61_000 }),
    ]);
    nowMs += 601_000;
    expect((await request(app).get('/list/ada')).body).toEqual([]);
    await signIn(app);
    await test.database.query(`update safekeep.accounts set epoch = epoch + 1`);
    expect((await request(app).get('/list/ada')).body).toEqual([]);
  });

  it('ends one by its handle, for its own account only', async () => {
    const app = server();
    const cookie = await signIn(app);
    const [{ handle }] = (await request(app).get('/list/ada')).body;
    const end = async (account: string, named: unknown) =>
      (await request(app).post(`/end-one/${account}`).send({ handle: named })).body;
    expect([await end('bob', handle), await end('ada', 'x'), await end('ada', undefined)]).toEqual([
      false,
      false,
      false,
    ]);
    expect((await request(app).get('/me').set('Cookie', cookie)).status).toBe(200);
    expect([await end('ada', handle), await end('ada', handle)]).toEqual([true, false]);
    expect((await request(app).get('/me').set('Cookie', cookie)).status).toBe(401);
  });

  it('is fresh for as long as a sensitive route says, whatever it is used for, and after another sign-in', async () => {
    const app = server();
    const cookie = await signIn(app);
    expect((await request(app).get('/fresh').set('Cookie', cookie)).headers['cache-control']).toBe('no-store');
    nowMs += 60_000;
    expect((await request(app).get('/fresh').set('Cookie', cookie)).status).toBe(200);
    nowMs += 1;
    await request(app).get('/me').set('Cookie', cookie);
    const stale = await request(app).get('/fresh').set('Cookie', cookie);
    expect([stale.status, stale.body]).toEqual([403, { code: 'ERR_SESSION_STALE' }]);
    expect((await request(app).get('/fresh')).body).toEqual({ code: 'ERR_SESSION_REQUIRED' });
    expect(
      (
        await request(app)
          .get('/fresh')
          .set('Cookie', await signIn(app, 'ada', cookie))
      ).status,
    ).toBe(200);
  });

  it('keeps two servers on one host apart by the name of the cookie', async () => {
    const cookie = await signIn(server('__Host-shop'));
    expect((await request(server('__Host-isp')).get('/me').set('Cookie', cookie)).status).toBe(401);
  });
});
