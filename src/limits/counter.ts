import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { MemoryStore, rateLimit } from 'express-rate-limit';
import type { Clock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import type { Reservation } from './attempt.js';

export interface CounterOptions {
  /** Names the policy in the RateLimit header; not shown when `quiet`. */
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  /** No RateLimit header: a count for an account would tell a stranger when its owner signs in. */
  readonly quiet: boolean;
  /** The counter's key. It must not be reversible: express-rate-limit prints an unsalted hash of it in the header. */
  readonly keyOf: (req: Request) => string;
  readonly clock: Clock;
}

/** One counter of express-rate-limit in process memory: counts first, refuses by our error, can be given back. */
export interface Counter {
  readonly middleware: RequestHandler;
  reservationOf(req: Request): Reservation;
}

interface Reserved {
  readonly key: string;
  readonly resetTime: Date | undefined;
}

export function createCounter(options: CounterOptions): Counter {
  const { name, limit, windowSeconds, quiet, keyOf, clock } = options;
  const store = new MemoryStore();
  const property = `safekeep.${name}`;
  const middleware = rateLimit({
    store,
    limit,
    windowMs: windowSeconds * 1000,
    identifier: name,
    standardHeaders: quiet ? false : 'draft-8',
    legacyHeaders: false,
    requestPropertyName: property,
    keyGenerator: keyOf,
    // The client's address comes from our own proxy list; Express's `trust proxy` decides nothing here.
    validate: { trustProxy: false, xForwardedForHeader: false, forwardedHeader: false },
    passOnStoreError: false,
    handler(req: Request, _res: Response, next: NextFunction) {
      const resetMs = reservedOf(req, property).resetTime?.getTime() ?? clock.nowMs() + windowSeconds * 1000;
      const retryAfterSeconds = Math.max(1, Math.ceil((resetMs - clock.nowMs()) / 1000));
      next(new SafekeepError('ERR_LOGIN_LIMITED', { retryAfterSeconds }));
    },
  });
  return {
    middleware,
    reservationOf(req) {
      const { key, resetTime } = reservedOf(req, property);
      return {
        async refund() {
          // A place of a window that has passed is gone already; giving it back would free one of the next window.
          const now = await store.get(key);
          if (now?.resetTime?.getTime() === resetTime?.getTime()) await store.decrement(key);
        },
        clear: async () => store.resetKey(key),
      };
    },
  };
}

function reservedOf(req: Request, property: string): Reserved {
  return (req as Request & Readonly<Record<string, Reserved>>)[property] ?? { key: '', resetTime: undefined };
}
