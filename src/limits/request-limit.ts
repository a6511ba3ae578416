import type { RequestHandler } from 'express';
import { type Clock, systemClock } from '../base/clock.js';
import { integerRule, objectRule, optional, readOptions, required, textRule, withDefault } from '../base/options.js';
import { createKeyedFingerprint } from '../hashing/index.js';
import { createProxies, type Proxies, subnetOf } from '../http/index.js';
import { createCounter } from './counter.js';

export interface RequestLimitOptions {
  /** Names the limit in the RateLimit header, e.g. `mail`. */
  readonly name: string;
  /** Requests of one subnet in a window. 1 to 10,000. */
  readonly perSubnet: number;
  /** The window, in seconds. 1 to 86,400, default 3,600. */
  readonly windowSeconds?: number | undefined;
  readonly proxies?: Proxies | undefined;
  readonly clock?: Clock | undefined;
}

const shape = {
  name: required(textRule({ maxLength: 40 })),
  perSubnet: required(integerRule({ min: 1, max: 10_000 })),
  windowSeconds: withDefault(integerRule({ min: 1, max: 86_400 }), 3600),
  proxies: optional(objectRule<Proxies>('clientAddress')),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};

/**
 * Limits requests of one subnet to routes that cost something for somebody else: a mail to an address, an account.
 * Counts every request; nothing is given back.
 * @throws SafekeepError ERR_LOGIN_LIMITED (429, fact `retryAfterSeconds`) through `next`
 */
export function requestLimit(options: RequestLimitOptions): RequestHandler {
  const { name, perSubnet, windowSeconds, clock, ...rest } = readOptions('requestLimit', shape, options);
  const proxies = rest.proxies ?? createProxies();
  const fingerprint = createKeyedFingerprint();
  const keyOf = (address: string): string => fingerprint(subnetOf(address)).toString(36);
  const counter = createCounter({
    name,
    limit: perSubnet,
    windowSeconds,
    quiet: false,
    clock,
    keyOf: (req) => keyOf(proxies.clientAddress(req)),
  });
  return function requestLimitMiddleware(req, res, next) {
    void counter.middleware(req, res, next);
  };
}
