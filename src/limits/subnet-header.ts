import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { type ClientRateLimitInfo, rateLimit, type Store } from 'express-rate-limit';

/** What a subnet has used of its budget, for the RateLimit headers of one answer. */
export interface Usage {
  readonly limit: number;
  /** Above the limit, the request is refused. */
  readonly used: number;
  readonly resetAtMs: number;
  /** The partition in the header. express-rate-limit prints an unsalted hash of it: it must not be an address. */
  readonly partition: string;
}

export interface SubnetHeaderOptions {
  /** Names the policy in the header. */
  readonly name: string;
  readonly windowSeconds: number;
  readonly onRefused: (req: Request, next: NextFunction) => void;
}

/**
 * express-rate-limit over places that were taken already, together with those of other counters: it decides for the
 * subnet, writes the headers of the draft it implements, and refuses by our error.
 */
export function subnetHeader(options: SubnetHeaderOptions): (req: Request, usage: Usage) => RequestHandler {
  const { name, windowSeconds, onRefused } = options;
  // On the request and not in a WeakMap, which costs the collector more than the whole guard.
  const usage = Symbol('usage');
  const usageOf = (req: Request): Usage | undefined => (req as Request & { [usage]?: Usage })[usage];
  // Asked for its key, then for its count: what is handed over between the two is found by the key.
  const handed: { readonly key: string; readonly info: ClientRateLimitInfo }[] = [];
  const store: Store = {
    localKeys: true,
    increment(key) {
      const at = handed.findIndex((entry) => entry.key === key);
      const [entry] = at < 0 ? [] : handed.splice(at, 1);
      if (entry === undefined) throw new Error('express-rate-limit asked twice for one request');
      return entry.info;
    },
    decrement: () => undefined,
    resetKey: () => undefined,
  };
  const middleware = rateLimit({
    store,
    limit: (req) => usageOf(req)?.limit ?? 0,
    windowMs: windowSeconds * 1000,
    identifier: name,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator(req) {
      const known = usageOf(req);
      const key = known?.partition ?? '';
      const totalHits = known?.used ?? Number.MAX_SAFE_INTEGER;
      handed.push({ key, info: { totalHits, resetTime: new Date(known?.resetAtMs ?? 0) } });
      return key;
    },
    // The client's address comes from our own proxy list; Express's `trust proxy` decides nothing here. One request may
    // count in two limits.
    validate: false,
    passOnStoreError: false,
    handler: (req: Request, _res: Response, next: NextFunction) => onRefused(req, next),
  });
  return function headed(req, given) {
    (req as Request & { [usage]?: Usage })[usage] = given;
    return middleware;
  };
}
