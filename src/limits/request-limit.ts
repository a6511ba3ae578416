import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { type Clock, systemClock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import {
  integerRule,
  objectRule,
  oneOfRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import { createKeyedFingerprint } from '../hashing/index.js';
import { createProxies, networkOf, type Proxies, subnetOf } from '../http/index.js';
import type { CounterOutcome, CounterRule, Counters, WhenDown } from './counters.js';
import { secondsOf } from './login-limit.js';
import { memoryCounters } from './memory-counters.js';
import { subnetHeader } from './subnet-header.js';

export interface RequestLimitOptions {
  /** Names the limit in the RateLimit header, e.g. `mail`, and keeps its counters apart from those of other limits. */
  readonly name: string;
  /** Requests of one subnet in a window. 1 to 10,000. */
  readonly perSubnet: number;
  /** The window, in seconds. 1 to 86,400, default 3,600. */
  readonly windowSeconds?: number | undefined;
  /** Where it counts. Default `memoryCounters()`: this process alone. */
  readonly counters?: Counters | undefined;
  /** When shared counters do not answer: count here, or refuse with 503. Default `local`. */
  readonly whenDown?: WhenDown | undefined;
  readonly proxies?: Proxies | undefined;
  readonly clock?: Clock | undefined;
}

const shape = {
  name: required(textRule({ maxLength: 40 })),
  perSubnet: required(integerRule({ min: 1, max: 10_000 })),
  windowSeconds: withDefault(integerRule({ min: 1, max: 86_400 }), 3600),
  counters: optional(objectRule<Counters>('reserve', 'settle')),
  whenDown: withDefault(oneOfRule('local', 'refuse'), 'local'),
  proxies: optional(objectRule<Proxies>('clientAddress')),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};

/**
 * Limits requests of one subnet to routes that cost something for somebody else: a mail to an address, an account.
 * Counts every request; nothing is given back.
 * @throws SafekeepError ERR_REQUEST_LIMITED (429, fact `retryAfterSeconds`) and ERR_COUNTERS_UNAVAILABLE (503) through
 *   `next`
 */
export function requestLimit(options: RequestLimitOptions): RequestHandler {
  const { name, perSubnet, windowSeconds, whenDown, clock, ...rest } = readOptions('requestLimit', shape, options);
  const proxies = rest.proxies ?? createProxies();
  const counters = rest.counters ?? memoryCounters({ slots: 16_384, clock });
  const rule: CounterRule = {
    name: `request-${name}`,
    limit: perSubnet,
    windowMs: windowSeconds * 1000,
    over: 'refuse',
  };
  const partition = createKeyedFingerprint();
  const headed = subnetHeader({ name, windowSeconds, onRefused: (_req, next) => next() });

  function counted(req: Request, res: Response, next: NextFunction, subnet: string, outcome: CounterOutcome): void {
    const { refusedBy, holds, waitMs } = outcome;
    const [hold] = holds;
    const used = refusedBy === undefined ? (hold?.count ?? 0) : perSubnet + 1;
    const key = partition(subnet).toString(36);
    const usage = { limit: perSubnet, used, resetAtMs: hold?.resetAtMs ?? 0, partition: key };
    void headed(req, usage)(req, res, (error?: unknown) => {
      next(error ?? (refusedBy === undefined ? undefined : limited(waitMs)));
    });
  }

  return function requestLimitMiddleware(req, res, next) {
    const address = proxies.clientAddress(req);
    const subnet = subnetOf(address);
    const outcome = counters.reserve([{ rule, key: [networkOf(address), subnet] }], whenDown);
    if (!(outcome instanceof Promise)) return counted(req, res, next, subnet, outcome);
    outcome.then((taken) => counted(req, res, next, subnet, taken)).catch(next);
  };
}

function limited(waitMs: number): SafekeepError {
  return new SafekeepError('ERR_REQUEST_LIMITED', { retryAfterSeconds: secondsOf(waitMs) });
}
