import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { type Random, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import {
  anyRule,
  listRule,
  objectRule,
  optional,
  originRule,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../base/options.js';
import type { DerivedKeys } from '../base/ports/derived-keys.js';
import { soleHeader } from '../http/index.js';
import { crossOriginTokens } from './cross-origin-token.js';

export interface CrossOriginTokenOptions {
  /** The key ring: tokens are made under a key derived from it. */
  readonly keys: DerivedKeys;
  /** Names of your session cookies, by which a request acts in somebody's name. */
  readonly cookies: readonly string[];
  readonly random?: Random | undefined;
}

export interface CrossOriginGuardOptions {
  /** Where the application is: `https://shop.example`. */
  readonly origin: string;
  /** Other origins whose pages may send requests that change something, e.g. a sign-in page elsewhere. Default none. */
  readonly trusted?: readonly string[] | undefined;
  /**
   * Exact paths that take a POST from pages of any site by design, and prove it by something of their own: an OAuth
   * answer by `form_post` (its `state`), the way back from 3-D Secure, a webhook that a browser delivers (its
   * signature). Nothing but POST passes there, and no other spelling of the path. Default none.
   */
  readonly crossSitePaths?: readonly string[] | undefined;
  /**
   * Asks a token of requests that bring a session cookie and say in neither header where they come from. Browsers that
   * do so are from before 2020, or stand behind something that strips headers. Mount the guard behind the body parsers
   * then, so that it sees the field of a form. Default: such requests pass.
   */
  readonly token?: CrossOriginTokenOptions | undefined;
}

export interface CrossOriginGuard extends RequestHandler {
  /**
   * A token for the page that answers this request: the hidden field `csrf_token` of its forms, or the header
   * `X-CSRF-Token` of its scripts. null where no session cookie came along, and without the option `token`.
   */
  token(req: IncomingMessage): string | null;
}

const shape = {
  origin: required(originRule()),
  trusted: withDefault(listRule(originRule()), []),
  crossSitePaths: withDefault(
    listRule<string>({
      check: (value) =>
        typeof value === 'string' && /^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/.test(value)
          ? undefined
          : say`a path that begins with a slash, without a query`,
    }),
    [],
  ),
  token: optional(anyRule<CrossOriginTokenOptions>()),
};
const tokenShape = {
  keys: required(objectRule<DerivedKeys>('derive')),
  cookies: required(listRule(textRule({ maxLength: 256 }))),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses requests that change something and were sent by a page of another origin (cross-site request forgery). The
 * browser itself says where a request comes from: `Sec-Fetch-Site`, which no page can write, or in older ones `Origin`.
 * A request with neither comes from no browser and passes, unless `token` is set and it brings a session cookie. The
 * rules are those of Go 1.25's CrossOriginProtection, with the configured origin in the place of `Host`.
 *
 * It protects only what GET, HEAD and OPTIONS do not change, and does NOT protect a trusted origin's own holes, what
 * `crossSitePaths` names, or without `token` a browser so old that it sends neither header (before 2020).
 * ASVS 5.0 V3.5.1, V3.5.3.
 * @throws SafekeepError ERR_OPTION_* at set-up; passes on ERR_CROSS_ORIGIN.
 * @example
 * app.use(crossOriginGuard({ origin: 'https://shop.example', crossSitePaths: ['/oauth/callback'] }));
 */
export function crossOriginGuard(options: CrossOriginGuardOptions): CrossOriginGuard {
  const { origin, trusted, crossSitePaths, token } = readOptions('crossOriginGuard', shape, options);
  const others = new Set(trusted);
  const open = new Set(crossSitePaths);
  const tokens = token === undefined ? undefined : readTokens(token);

  const guard: RequestHandler = function crossOriginGuardMiddleware(req, _res, next) {
    if (safeMethods.has(req.method)) return next();
    if (req.method === 'POST' && open.has(pathOf(req))) return next();
    const site = soleHeader(req, 'sec-fetch-site');
    const from = soleHeader(req, 'origin');
    const named = typeof from === 'string' && others.has(from);
    const own = site === undefined ? from === undefined || from === origin : site === 'same-origin' || site === 'none';
    const silent = site === undefined && from === undefined;
    const unproven = silent && tokens?.concerns(req) === true && !tokens.shown(req);
    if ((own || named) && !unproven) return next();
    next(new SafekeepError('ERR_CROSS_ORIGIN'));
  };
  return Object.assign(guard, {
    token: (req: IncomingMessage) => tokens?.make(req) ?? null,
  });
}

function readTokens(options: CrossOriginTokenOptions): ReturnType<typeof crossOriginTokens> {
  const { keys, cookies, random } = readOptions('crossOriginGuard.token', tokenShape, options);
  if (cookies.length === 0) {
    const facts = { of: nameOf('crossOriginGuard.token'), option: nameOf('cookies') };
    throw new SafekeepError('ERR_OPTION_INVALID', { ...facts, expected: say`the name of a session cookie` });
  }
  return crossOriginTokens(keys, cookies, random);
}

/** As the client wrote it: routers fold case, slashes and encodings, and whatever they fold is no exception here. */
function pathOf(req: { readonly originalUrl: string }): string {
  return req.originalUrl.split('?', 1)[0] ?? '';
}
