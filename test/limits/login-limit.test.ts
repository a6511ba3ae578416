import express, { type ErrorRequestHandler } from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { createProxies } from '../../src/http/index.js';
import { attemptOf, type LoginLimitOptions, loginLimit, requestLimit } from '../../src/limits/index.js';

const proxies = createProxies({ trusted: ['127.0.0.1/32'] });
type Ending = 'succeed' | 'fail' | 'abandon' | 'nothing' | 'crash' | 'redirect' | 'late abandon';

const answerErrors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  if (!isSafekeepError(error)) return void res.status(500).json({ code: 'crash' });
  const { retryAfterSeconds } = error.facts;
  res.status(error.status).json({ code: error.code, retryAfterSeconds });
};

/** A sign-in whose outcome the request names; `reached` counts how often it got past the limit. */
function shop(options: Partial<LoginLimitOptions> = {}) {
  const reached = { count: 0 };
  const app = express();
  const limit = loginLimit({ account: (req) => (req.body as { email: string }).email, proxies, ...options });
  app.post('/login', express.json(), limit, async (req, res) => {
    reached.count += 1;
    const { ending } = req.body as { ending: Ending };
    const attempt = attemptOf(req);
    if (ending === 'abandon') await attempt.abandon();
    if (ending === 'late abandon') {
      attempt.begin();
      await attempt.abandon();
    }
    attempt.begin();
    if (ending === 'succeed') await attempt.succeed();
    if (ending === 'fail') attempt.fail();
    if (ending === 'crash') throw new Error('handler failed');
    if (ending === 'redirect') return void res.redirect(302, '/login');
    res.json({});
  });
  app.use(answerErrors);
  const server = app.listen(0, '127.0.0.1');
  async function tryOnce(ending: Ending, email = 'ada@example.com', from = '203.0.113.7') {
    return request(server)
      .post('/login')
      .set('X-Forwarded-For', from)
      .set('X-Forwarded-Proto', 'https')
      .send({ email, ending });
  }
  return { reached, tryOnce, close: () => server.close() };
}

describe('loginLimit', () => {
  it('lets exactly five of two hundred parallel guesses through', async () => {
    const { reached, tryOnce, close } = shop({ perSubnet: 1000 });
    const answers = await Promise.all(Array.from({ length: 200 }, () => tryOnce('fail')));
    close();
    expect(reached.count).toBe(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(195);
  });

  it.each<Ending>(['fail', 'nothing', 'crash', 'redirect'])('counts an attempt that ends with: %s', async (ending) => {
    const { reached, tryOnce, close } = shop();
    for (let at = 0; at < 7; at += 1) await tryOnce(ending);
    close();
    expect(reached.count).toBe(5);
  });

  it('says how long to wait, and nothing about the account', async () => {
    const { tryOnce, close } = shop({ perAccount: 1, firstWaitSeconds: 60 });
    await tryOnce('fail');
    const { status, body, headers } = await tryOnce('fail');
    close();
    expect(status).toBe(429);
    expect(body).toMatchObject({ code: 'ERR_LOGIN_LIMITED' });
    expect((body as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(50);
    expect(headers['ratelimit-policy']).toContain('login-subnet');
    expect(JSON.stringify(headers)).not.toContain('login-account');
    expect(JSON.stringify(headers)).not.toContain('ada');
  });

  it('counts accounts that do not exist like those that do, and every spelling of one as one', async () => {
    const { reached, tryOnce, close } = shop();
    for (const email of ['nobody@example.com', ' NOBODY@example.com', 'Nobody@Example.com ']) {
      await tryOnce('fail', email);
      await tryOnce('fail', email);
    }
    close();
    expect(reached.count).toBe(5);
  });

  it('gives a success its own place back and clears the account in this subnet', async () => {
    const { reached, tryOnce, close } = shop({ perAccount: 3, perSubnet: 4 });
    await tryOnce('fail');
    await tryOnce('fail');
    for (let at = 0; at < 5; at += 1) expect((await tryOnce('succeed')).status).toBe(200);
    expect((await tryOnce('fail')).status).toBe(200);
    // Two failures before and one now; a success freed the account's counter and never those of the subnet.
    expect((await tryOnce('fail')).status).toBe(200);
    expect((await tryOnce('fail')).status).toBe(429);
    close();
    expect(reached.count).toBe(9);
  });

  it('does not let a success of the attacker clear the counter of the subnet', async () => {
    const { tryOnce, close } = shop({ perSubnet: 6 });
    for (let at = 0; at < 6; at += 1) {
      await tryOnce('fail', `victim${at}@example.com`);
      await tryOnce('succeed', 'eve@example.com');
    }
    expect((await tryOnce('fail', 'another@example.com')).status).toBe(429);
    close();
  });

  it('returns the place when the failure was ours, before the password was looked at', async () => {
    const { reached, tryOnce, close } = shop({ perAccount: 1 });
    for (let at = 0; at < 4; at += 1) expect((await tryOnce('abandon')).status).toBe(200);
    close();
    expect(reached.count).toBe(4);
  });

  it('refuses to return the place once the password was looked at', async () => {
    const { tryOnce, close } = shop({ perAccount: 1 });
    expect((await tryOnce('late abandon')).body).toMatchObject({ code: 'ERR_ATTEMPT_BEGUN' });
    expect((await tryOnce('fail')).status).toBe(429);
    close();
  });

  it('keeps other subnets and other accounts apart', async () => {
    const { tryOnce, close } = shop({ perAccount: 1 });
    await tryOnce('fail');
    expect((await tryOnce('fail')).status).toBe(429);
    expect((await tryOnce('fail', 'bob@example.com')).status).toBe(200);
    expect((await tryOnce('fail', 'ada@example.com', '198.51.100.9')).status).toBe(200);
    close();
  });

  it('counts a whole IPv6 /56 as one client', async () => {
    const { tryOnce, close } = shop({ perAccount: 1 });
    await tryOnce('fail', 'ada@example.com', '2001:db8:1:2::1');
    expect((await tryOnce('fail', 'ada@example.com', '2001:db8:1:ff::9')).status).toBe(429);
    expect((await tryOnce('fail', 'ada@example.com', '2001:db8:2:2::1')).status).toBe(200);
    close();
  });

  it('cannot be verified on a route without the limit', () => {
    expect(() => attemptOf({} as express.Request)).toThrowError(
      expect.objectContaining({ code: 'ERR_ATTEMPT_MISSING' }),
    );
  });

  it('refuses a misspelt option', () => {
    expect(() => loginLimit({ account: () => '', perAcount: 3 } as never)).toThrowError(
      expect.objectContaining({ code: 'ERR_OPTION_UNKNOWN' }),
    );
  });
});

describe('requestLimit', () => {
  it('counts every request of a subnet', async () => {
    const app = express();
    app.use(requestLimit({ name: 'mail', perSubnet: 2, proxies }), (_req, res) => void res.json({}));
    app.use(answerErrors);
    const statuses: number[] = [];
    for (const from of ['203.0.113.7', '203.0.113.7', '203.0.113.7', '198.51.100.9']) {
      statuses.push(
        (await request(app).post('/').set('X-Forwarded-For', from).set('X-Forwarded-Proto', 'https')).status,
      );
    }
    expect(statuses).toEqual([200, 200, 429, 200]);
    const refused = await request(app)
      .post('/')
      .set('X-Forwarded-For', '203.0.113.7')
      .set('X-Forwarded-Proto', 'https');
    expect(refused.body).toMatchObject({ code: 'ERR_REQUEST_LIMITED' });
  });
});
