import type { Request, RequestHandler } from 'express';
import { type Clock, systemClock } from '../base/clock.js';
import {
  functionRule,
  integerRule,
  objectRule,
  optional,
  readOptions,
  required,
  withDefault,
} from '../base/options.js';
import { normalisers } from '../fields/normalise.js';
import { createKeyedFingerprint } from '../hashing/index.js';
import { createProxies, type Proxies, subnetOf } from '../http/index.js';
import { openAttempt } from './attempt.js';
import { createCounter } from './counter.js';

export interface LoginLimitOptions {
  /** What the person typed as their login, from the parsed body. Unknown accounts count like known ones. */
  readonly account: (req: Request) => string;
  /** Tries of one subnet (IPv4 address, IPv6 /56) for one account in a window. 1 to 100, default 5. */
  readonly perAccount?: number | undefined;
  /** Tries of one subnet for all accounts in a window. 1 to 10,000, default 30: a household or a small office. */
  readonly perSubnet?: number | undefined;
  /** The window, in seconds. 1 to 86,400, default 900. */
  readonly windowSeconds?: number | undefined;
  /** The judge of client addresses. Default: no proxy is believed. */
  readonly proxies?: Proxies | undefined;
  readonly clock?: Clock | undefined;
}

const shape = {
  account: required(functionRule<(req: Request) => string>()),
  perAccount: withDefault(integerRule({ min: 1, max: 100 }), 5),
  perSubnet: withDefault(integerRule({ min: 1, max: 10_000 }), 30),
  windowSeconds: withDefault(integerRule({ min: 1, max: 86_400 }), 900),
  proxies: optional(objectRule<Proxies>('clientAddress')),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};

/**
 * Limits tries to sign in, on top of express-rate-limit: every try takes its place in the counters of its subnet and
 * of account and subnet BEFORE anything is checked, so that two hundred parallel guesses are not two hundred looks at
 * one unfilled counter. A success gives its own place back; a failure keeps it (`attemptOf`). Mount it after the body
 * parser and in front of `logins.verify`.
 *
 * The counters live in this process and forget on restart. It does NOT stop guesses from many subnets at one account.
 * NIST SP 800-63B-4 3.2.2; ASVS 5.0 6.3.1.
 * @throws SafekeepError ERR_LOGIN_LIMITED (429, fact `retryAfterSeconds`) through `next`
 * @example
 * app.post('/login', loginLimit({ account: (req) => req.body.email }), handler);
 */
export function loginLimit(options: LoginLimitOptions): RequestHandler {
  const { account, perAccount, perSubnet, windowSeconds, clock, ...rest } = readOptions('loginLimit', shape, options);
  const proxies = rest.proxies ?? createProxies();
  // Neither addresses nor logins are kept: the tables hold fingerprints under a secret of this process.
  const fingerprint = createKeyedFingerprint();
  const keyOf = (text: string): string => fingerprint(text).toString(36);
  const subnet = (req: Request): string => subnetOf(proxies.clientAddress(req));
  const bySubnet = createCounter({
    name: 'login-subnet',
    limit: perSubnet,
    windowSeconds,
    quiet: false,
    clock,
    keyOf: (req) => keyOf(`subnet ${subnet(req)}`),
  });
  const byAccount = createCounter({
    name: 'login-account',
    limit: perAccount,
    windowSeconds,
    quiet: true,
    clock,
    keyOf: (req) => keyOf(`account ${subnet(req)} ${fold(account(req))}`),
  });

  return function loginLimitMiddleware(req, res, next) {
    void bySubnet.middleware(req, res, (refused?: unknown) => {
      if (refused !== undefined) return next(refused);
      void byAccount.middleware(req, res, (refusedAccount?: unknown) => {
        if (refusedAccount !== undefined) return next(refusedAccount);
        openAttempt(req, bySubnet.reservationOf(req), byAccount.reservationOf(req));
        next();
      });
    });
  };
}

/**
 * One account, one counter, however its name is spelt: first as the index of accounts folds it, or every spelling that
 * finds the same account (`ada@example.com`, `ada@example.com/1`) would be a counter of its own. A body without a login
 * counts too.
 */
function fold(login: unknown): string {
  return typeof login === 'string' ? normalisers['email/1'](login).normalize('NFKC').toLowerCase() : '';
}
