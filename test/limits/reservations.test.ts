import express, { type ErrorRequestHandler } from 'express';
import request from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { normalisers } from '../../src/fields/normalise.js';
import { attemptOf, type LoginAttempt, type LoginLimitOptions, loginLimit } from '../../src/limits/index.js';

const answerErrors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  res.status(isSafekeepError(error) ? error.status : 500).json({});
};

/** Sign-ins whose attempts the test holds in its hands. */
function shop(options: Partial<LoginLimitOptions>) {
  const attempts: LoginAttempt[] = [];
  const limit = loginLimit({ account: (req) => (req.body as { email: string }).email, ...options });
  const app = express().use(express.json());
  app.post('/login', limit, (req, res) => {
    attempts.push(attemptOf(req));
    res.json({});
  });
  app.use(answerErrors);
  const server = app.listen(0, '127.0.0.1');
  const send = (email: unknown = 'ada@example.com') => request(server).post('/login').send({ email });
  return { attempts, send, close: () => server.close() };
}

afterEach(() => void vi.useRealTimers());

describe('the place of an attempt', () => {
  it('is given back once, whatever is said of it afterwards', async () => {
    const { attempts, send, close } = shop({ perSubnet: 3, perAccount: 3 });
    for (let at = 0; at < 3; at += 1) await send();
    const [first] = attempts;
    await first?.abandon();
    await first?.abandon();
    await first?.succeed();
    expect([(await send()).status, (await send()).status]).toEqual([200, 429]);
    close();
  });

  it('stays taken when a failure is called a success afterwards', async () => {
    const { attempts, send, close } = shop({ perSubnet: 10, perAccount: 1 });
    await send();
    attempts[0]?.fail();
    await attempts[0]?.succeed();
    expect((await send()).status).toBe(429);
    close();
  });

  it('is given back in the counter of the subnet too', async () => {
    const { attempts, send, close } = shop({ perSubnet: 1, perAccount: 1 });
    for (let at = 0; at < 3; at += 1) {
      expect((await send()).status).toBe(200);
      await attempts.at(-1)?.abandon();
    }
    close();
  });

  it('is not given back to the window after its own', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { attempts, send, close } = shop({ perSubnet: 1, perAccount: 10, windowSeconds: 10 });
    await send();
    vi.setSystemTime(Date.now() + 11_000);
    expect((await send()).status).toBe(200);
    await attempts[0]?.abandon();
    expect((await send()).status).toBe(429);
    close();
  });

  it('is one place for all spellings that find one account', async () => {
    const spellings = [
      'ada@example.com',
      'ADA@EXAMPLE.COM ',
      'ada@example.com/1',
      'ada@example.com?2',
      'ada@example.com#3',
      'ada@ex%61mple.com',
      'ada@exam\u00adple.com',
      'ada@example\u3002com',
    ];
    const found = new Set(spellings.map((spelling) => normalisers['email/1'](spelling)));
    expect(found.size).toBeLessThan(spellings.length);
    const { send, close } = shop({ perAccount: 1, perSubnet: 100 });
    await send(spellings[0]);
    const others = spellings.filter((spelling) => normalisers['email/1'](spelling) === 'ada@example.com').slice(1);
    for (const spelling of others) expect((await send(spelling)).status, spelling).toBe(429);
    close();
  });

  it('shows nobody an address or a login, not even hashed without a secret', async () => {
    const [one, two] = [shop({}), shop({})];
    const shown = [(await one.send()).headers['ratelimit-policy'], (await two.send()).headers['ratelimit-policy']];
    expect(shown[0]).toContain('pk=');
    expect(shown[0]).not.toBe(shown[1]);
    one.close();
    two.close();
  });
});
