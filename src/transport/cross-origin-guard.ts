import type { RequestHandler } from 'express';
import { SafekeepError } from '../base/errors.js';
import { listRule, originRule, readOptions, required, withDefault } from '../base/options.js';
import { soleHeader } from '../http/index.js';

export interface CrossOriginGuardOptions {
  /** Where the application is: `https://shop.example`. */
  readonly origin: string;
  /** Other origins whose pages may send requests that change something, e.g. a sign-in page elsewhere. Default none. */
  readonly trusted?: readonly string[] | undefined;
}

const shape = {
  origin: required(originRule()),
  trusted: withDefault(listRule(originRule()), []),
};
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses requests that change something and were sent by a page of another origin (cross-site request forgery). The
 * browser itself says where a request comes from: `Sec-Fetch-Site`, which no page can write, or in older ones `Origin`.
 * A request with neither comes from no browser and passes. The rules are those of Go 1.25's CrossOriginProtection, with
 * the configured origin in the place of `Host`.
 *
 * It protects only what GET, HEAD and OPTIONS do not change, and does NOT protect a browser so old that it sends
 * neither header (before 2020), or a trusted origin's own holes. ASVS 5.0 V3.5.1, V3.5.3.
 * @throws SafekeepError ERR_OPTION_* at set-up; passes on ERR_CROSS_ORIGIN.
 * @example
 * app.use(crossOriginGuard({ origin: 'https://shop.example' }));
 */
export function crossOriginGuard(options: CrossOriginGuardOptions): RequestHandler {
  const { origin, trusted } = readOptions('crossOriginGuard', shape, options);
  const others = new Set(trusted);
  return function crossOriginGuardMiddleware(req, _res, next) {
    if (safeMethods.has(req.method)) return next();
    const site = soleHeader(req, 'sec-fetch-site');
    const from = soleHeader(req, 'origin');
    const named = typeof from === 'string' && others.has(from);
    const own = site === undefined ? from === undefined || from === origin : site === 'same-origin' || site === 'none';
    if (own || named) return next();
    next(new SafekeepError('ERR_CROSS_ORIGIN'));
  };
}
