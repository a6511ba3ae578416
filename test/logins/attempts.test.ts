import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import express, { type ErrorRequestHandler, type Request } from 'express';
import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import type { PasswordHash } from '../../src/base/brands.js';
import { isSafekeepError, SafekeepError } from '../../src/base/errors.js';
import type { Account, Accounts } from '../../src/base/ports/accounts.js';
import { createProxies } from '../../src/http/index.js';
import { type LoginLimitOptions, loginLimit } from '../../src/limits/index.js';
import { createLogins, type Logins, type LoginsOptions } from '../../src/logins/index.js';
import type { Passwords, VerifyContext } from '../../src/passwords/index.js';
import { createSessions, type SessionStore } from '../../src/sessions/index.js';

const ada: Account = { id: '1', passwordHash: 'stored' as PasswordHash, state: 'active', epoch: 4 };
const good = { rehash: () => undefined };
const proxies = createProxies({ trusted: ['127.0.0.1/32'] });

const answerErrors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  res.status(isSafekeepError(error) ? error.status : 500).json({ code: isSafekeepError(error) ? error.code : 'crash' });
};

interface Parts {
  readonly accounts?: Partial<Accounts>;
  readonly passwords?: Partial<Passwords>;
  readonly limit?: Partial<LoginLimitOptions>;
  readonly events?: { record(event?: { kind: string }): Promise<void> };
  readonly onBreachedPassword?: LoginsOptions['onBreachedPassword'];
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Signing in and changing, over accounts and passwords that the test makes up; epochs of started sessions are kept. */
function shop({ accounts, passwords, limit: limits, events, onBreachedPassword }: Parts) {
  const epochs: (number | undefined)[] = [];
  const limit = loginLimit({ account: (req: Request) => (req.body as { email: string }).email, proxies, ...limits });
  const logins: Logins = createLogins({
    accounts: {
      findByLogin: (login: string) => Promise.resolve(login === 'ada' ? ada : null),
      find: () => Promise.resolve(ada),
      mailAddress: () => Promise.resolve(null),
      swapPasswordHash: () => Promise.resolve(true),
      replacePassword: () => Promise.resolve(true),
      ...accounts,
    } as Accounts,
    passwords: {
      verify: (stored: string | null, password: string) =>
        Promise.resolve(stored !== null && password === 'right' ? good : null),
      hash: () => Promise.resolve('new' as PasswordHash),
      weaknesses: () => Promise.resolve([]),
      breached: () => Promise.resolve('unlisted'),
      dearestMs: () => Promise.resolve(0),
      ...passwords,
    } as Passwords,
    limit,
    proxies,
    floorMs: 0,
    events,
    onBreachedPassword,
  });
  const store = {
    create: ({ epoch }: { epoch: number | undefined }) => Promise.resolve(epochs.push(epoch) > 0),
    find: () => Promise.resolve(null),
    touch: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    list: () => Promise.resolve([]),
    removeOf: () => Promise.resolve(false),
    removeAll: () => Promise.resolve(),
  };
  const sessions = createSessions({ store: store as unknown as SessionStore });
  const app = express().use(express.json());
  app.post('/login', limit, async (req, res) => {
    const account = await logins.verify(req, req.body as object);
    if (account === null) return void res.status(401).json({});
    await sessions.start(req, res, account.id);
    res.json({});
  });
  app.post('/change', limit, async (req, res) => {
    const changed = await logins.change(req, '1', { current: (req.body as { password: string }).password, next: 'n' });
    if (changed === null) return void res.status(403).json({});
    await sessions.start(req, res, changed.id);
    res.json({});
  });
  app.use(answerErrors);
  const server = app.listen(0, '127.0.0.1');
  servers.push(server);
  const send = async (path: string, email: string, password: string) =>
    (await request(server).post(path).send({ email, password })).status;
  return { server, epochs, send };
}

describe('an attempt to sign in', () => {
  it('hands the verified epoch to the session, so that one of an old password does not start', async () => {
    const { epochs, send } = shop({});
    expect(await send('/login', 'ada', 'right')).toBe(200);
    expect(epochs).toEqual([4]);
  });

  it('looks up a password that was right, and no other, and tells of one that is listed before it answers', async () => {
    const [told, kinds, asked]: [string[], string[], string[]] = [[], [], []];
    let answered = false;
    const { send } = shop({
      passwords: {
        breached: async (password) => {
          asked.push(password);
          return 'listed';
        },
      },
      events: { record: async (event) => void kinds.push(event?.kind ?? '') },
      onBreachedPassword: async ({ account, req }) => {
        await Promise.resolve();
        told.push(`${account} ${req.path} ${answered}`);
      },
    });
    expect(await send('/login', 'ada', 'wrong')).toBe(401);
    expect(await send('/login', 'eve', 'right')).toBe(401);
    expect([told, asked]).toEqual([[], []]);
    expect(await send('/login', 'ada', 'right')).toBe(200);
    answered = true;
    expect([told, asked]).toEqual([['1 /login false'], ['right']]);
    expect(kinds).toEqual(['login.failed', 'login.failed', 'login.succeeded', 'password.breached']);
  });

  it.each(['unlisted', 'unknown'] as const)('tells nothing of a password that is %s', async (verdict) => {
    const told: string[] = [];
    const { send } = shop({
      passwords: { breached: () => Promise.resolve(verdict) },
      onBreachedPassword: ({ account }) => void told.push(account),
    });
    expect([await send('/login', 'ada', 'right'), told]).toEqual([200, []]);
  });

  it('gives a success its place back', async () => {
    const { send } = shop({ limit: { perAccount: 2, perSubnet: 2 } });
    for (let at = 0; at < 4; at += 1) expect(await send('/login', 'ada', 'right')).toBe(200);
  });

  it('keeps the place when the handler failed of itself', async () => {
    const crash = () => Promise.reject(new Error('a bug'));
    const { send } = shop({ passwords: { verify: crash }, limit: { perAccount: 2 } });
    expect([await send('/login', 'ada', 'x'), await send('/login', 'ada', 'x')]).toEqual([500, 500]);
    expect(await send('/login', 'ada', 'x')).toBe(429);
  });

  it('returns the place when there was no database to look in', async () => {
    const down = () => Promise.reject(new SafekeepError('ERR_DATABASE_UNAVAILABLE'));
    const { send } = shop({ accounts: { findByLogin: down }, limit: { perAccount: 1 } });
    expect([await send('/login', 'ada', 'x'), await send('/login', 'ada', 'x')]).toEqual([503, 503]);
  });

  it.each(['ERR_DATABASE_UNAVAILABLE', 'ERR_PASSWORD_ABANDONED'] as const)(
    'keeps the place for %s once the password was handed over: leaving is free for an attacker',
    async (code) => {
      const verify = () => Promise.reject(new SafekeepError(code));
      const { send } = shop({ passwords: { verify }, limit: { perAccount: 1 } });
      expect([await send('/login', 'ada', 'x'), await send('/login', 'ada', 'x')]).toEqual([503, 429]);
    },
  );

  it('keeps the place when the failure could not be recorded', async () => {
    const record = () => Promise.reject(new SafekeepError('ERR_DATABASE_UNAVAILABLE'));
    const { send } = shop({ events: { record }, limit: { perAccount: 1 } });
    expect([await send('/login', 'ada', 'x'), await send('/login', 'ada', 'x')]).toEqual([503, 429]);
  });

  it('names the client to the gate, and as no trusted one', async () => {
    const contexts: (VerifyContext | undefined)[] = [];
    const verify = (_stored: string | null, _password: string, context?: VerifyContext) => {
      contexts.push(context);
      return Promise.resolve(null);
    };
    const { server } = shop({ passwords: { verify } });
    await request(server)
      .post('/login')
      .set('X-Forwarded-For', '2001:db8:7:199::1')
      .send({ email: 'a', password: 'b' });
    expect(contexts[0]?.client).toEqual({ subnet: '2001:db8:7:100::/56', trusted: false });
  });

  it('drops the work of a client that went away, also while its account was looked up', async () => {
    const body = JSON.stringify({ email: 'ada', password: 'x' });
    let gone: () => void = () => undefined;
    const left = new Promise<void>((done) => {
      gone = done;
    });
    let client: Socket | undefined;
    const aborted = await new Promise((resolve) => {
      const { server } = shop({
        accounts: {
          async findByLogin() {
            client?.destroy();
            await left;
            return ada;
          },
        },
        passwords: {
          verify(_stored, _password, context) {
            resolve(context?.signal?.aborted);
            return Promise.resolve(null);
          },
        },
      });
      server.on('connection', (socket) => void socket.once('close', () => setImmediate(gone)));
      server.once('listening', () => {
        client = connect((server.address() as AddressInfo).port, '127.0.0.1');
        client.write(
          `POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
      });
    });
    expect(aborted).toBe(true);
  });
});

describe('a changed password', () => {
  it('does not free the counter of the login that its form names', async () => {
    const { send } = shop({ limit: { perAccount: 3 } });
    for (let at = 0; at < 2; at += 1) expect(await send('/login', 'victim', 'x')).toBe(401);
    // The attacker's own, with the victim's name in the form.
    expect(await send('/change', 'victim', 'right')).toBe(200);
    expect([await send('/login', 'victim', 'x'), await send('/login', 'victim', 'x')]).toEqual([401, 429]);
  });

  it('starts a session of its own epoch only: a reset that came right behind it ends it', async () => {
    let changed = false;
    const { epochs, send } = shop({
      accounts: {
        replacePassword() {
          changed = true;
          return Promise.resolve(true);
        },
        find: () => Promise.resolve({ ...ada, epoch: changed ? 6 : 4 }),
      },
    });
    expect(await send('/change', 'ada', 'right')).toBe(200);
    expect(epochs).toEqual([5]);
  });

  it('is none when another change came first', async () => {
    const { epochs, send } = shop({ accounts: { replacePassword: () => Promise.resolve(false) } });
    expect(await send('/change', 'ada', 'right')).toBe(403);
    expect(epochs).toEqual([]);
  });
});
