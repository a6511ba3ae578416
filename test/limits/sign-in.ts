import { Agent, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Request } from 'express';
import type { PasswordHash } from '../../src/base/brands.js';
import { isSafekeepError } from '../../src/base/errors.js';
import type { Account, Accounts } from '../../src/base/ports/accounts.js';
import { createProxies } from '../../src/http/index.js';
import { attemptOf, type LoginAttempt, type LoginLimitOptions, loginLimit } from '../../src/limits/index.js';
import { createLogins } from '../../src/logins/index.js';
import type { Passwords } from '../../src/passwords/index.js';

export const proxies = createProxies({ trusted: ['127.0.0.1/32'] });

export interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly waitSeconds: number | undefined;
  /** What is left of the subnet's budget, by the RateLimit header. */
  readonly left: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The device cookie that came with the answer, as a browser sends it back. */
  readonly device: string | undefined;
}

export interface SignIn {
  /** How often a password was looked at. */
  readonly hashed: { count: number };
  readonly waits: number[];
  /** The attempts as the handler saw them. */
  readonly attempts: LoginAttempt[];
  accounts: Record<string, Account>;
  try(how?: { email?: string; password?: string; from?: string; device?: string | undefined }): Promise<Answer>;
  close(): void;
}

const answerErrors: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  if (!isSafekeepError(error)) return void res.status(500).json({ code: 'crash' });
  res.status(error.status).json({ code: error.code, waitSeconds: error.facts['retryAfterSeconds'] });
};

/** A server whose only route is a sign-in; Ada's and Bob's password is `right`. */
export async function signIn(options: Partial<LoginLimitOptions> = {}, floorMs = 0): Promise<SignIn> {
  const hashed = { count: 0 };
  const waits: number[] = [];
  const attempts: LoginAttempt[] = [];
  const account = (id: string): Account => ({ id, passwordHash: 'stored' as PasswordHash, state: 'active', epoch: 4 });
  const accounts: Record<string, Account> = { 'ada@example.com': account('1'), 'bob@example.com': account('2') };
  const limit = loginLimit({ account: (req: Request) => (req.body as { email: string }).email, proxies, ...options });
  const logins = createLogins({
    accounts: {
      findByLogin: (login: string) => Promise.resolve(accounts[login] ?? null),
      find: () => Promise.resolve(null),
      mailAddress: () => Promise.resolve(null),
      swapPasswordHash: () => Promise.resolve(true),
      replacePassword: () => Promise.resolve(true),
    } as Partial<Accounts> as Accounts,
    passwords: {
      async verify(stored: string | null, password: string) {
        hashed.count += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return stored !== null && password === 'right' ? { rehash: () => undefined } : null;
      },
      hash: () => Promise.resolve('new' as PasswordHash),
      weaknesses: () => Promise.resolve([]),
      breached: () => Promise.resolve('unlisted'),
      dearestMs: () => Promise.resolve(0),
    } as unknown as Passwords,
    limit,
    proxies,
    floorMs,
    clock: {
      nowMs: () => 1_000_000,
      wait(ms) {
        waits.push(ms);
        return Promise.resolve();
      },
    },
  });
  const app = express().use(express.json());
  app.post('/login', limit, async (req, res) => {
    attempts.push(attemptOf(req));
    const found = await logins.verify(req, req.body as object);
    res.status(found === null ? 401 : 200).json(found === null ? { code: 'wrong' } : {});
  });
  app.use(answerErrors);
  const server = await new Promise<Server>((resolve) => {
    const made = app.listen(0, '127.0.0.1', () => resolve(made));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/login`;
  return {
    hashed,
    waits,
    attempts,
    accounts,
    async try({ email = 'ada@example.com', password = 'wrong', from = '203.0.113.7', device } = {}) {
      const { status, headers, body } = await post(url, JSON.stringify({ email, password }), {
        'x-forwarded-for': from,
        ...(device === undefined ? {} : { cookie: device }),
      });
      const { code, waitSeconds } = JSON.parse(body) as { code?: string; waitSeconds?: number };
      const left = /;\s*r=(\d+)/.exec(String(headers['ratelimit']))?.[1];
      const cookie = headers['set-cookie']?.find((text) => text.startsWith('__Host-device='));
      return {
        status,
        code,
        waitSeconds,
        left: left === undefined ? undefined : Number(left),
        headers,
        device: cookie?.split(';')[0],
      };
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const agent = new Agent({ keepAlive: true, maxSockets: 50 });

function post(url: string, body: string, headers: Readonly<Record<string, string>>) {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>((resolve, reject) => {
    const all = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers };
    const sent = request(url, { method: 'POST', headers: all, agent }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      res.once('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }));
    });
    sent.once('error', reject).end(body);
  });
}
