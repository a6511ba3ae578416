import type { IncomingMessage, ServerResponse } from 'node:http';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, say } from '../../base/names.js';
import { listRule, objectRule, optional, readOptions, textRule, withDefault } from '../../base/options.js';
import { type Proxies, readCookies } from '../../http/index.js';
import { wordOfKey } from '../key-words.js';
import { routeOf } from './route-of.js';

export interface EdgeOptions {
  /** Request headers that print, in any case. Names of credentials are refused. Default none. */
  readonly headers?: readonly string[] | undefined;
  /** Query parameters that print, exactly as they are spelt. Names of credentials are refused. Default none. */
  readonly query?: readonly string[] | undefined;
  /** Cookies that print. Names of credentials and `__Host-` and `__Secure-` cookies are refused. Default none. */
  readonly cookies?: readonly string[] | undefined;
  /** Tells the client's address, which the redactor cuts to its network. Default: no address prints. */
  readonly proxies?: Proxies | undefined;
}

/** What prints of one request and its response: one object, and what is not listed is not in it. */
export interface EdgeFields {
  readonly method: string;
  /** `/orders/:id`, `(mounted)/:id` or `(no route)`. */
  readonly route: string;
  readonly status: number;
  readonly client?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** Not `cookies`: a key of that name is hidden whole, and rightly. */
  readonly cookieValues?: Readonly<Record<string, string>>;
}
export type DescribeEdge = (req: IncomingMessage, res: ServerResponse) => EdgeFields;

const shape = {
  headers: withDefault(listRule(textRule({ minLength: 1, maxLength: 128 })), []),
  query: withDefault(listRule(textRule({ minLength: 1, maxLength: 128 })), []),
  cookies: withDefault(listRule(textRule({ minLength: 1, maxLength: 128 })), []),
  proxies: optional(objectRule<Proxies>('clientAddress')),
};
/** Of one parameter that is given again and again. */
const mostValues = 20;

/**
 * What an access log may say of a request: method, route as a template, status, and of headers, query and cookies the
 * listed names alone. A list of what to hide forgets the next header that carries a token; this one cannot. Bodies and
 * the URL never print. Call it when the response has ended, and log what it returns through a redactor, which looks at
 * the values of the listed names.
 * ASVS 5.0 V14.2.1, V16.2.5.
 * @throws SafekeepError ERR_OPTION_INVALID for a name that is a credential's; ERR_OPTION_* for options that do not fit
 * @example
 * const describe = edgeFields({ headers: ['user-agent'], query: ['page'] });
 * app.use((req, res, next) => {
 *   res.once('close', () => log.info(describe(req, res), 'request'));
 *   next();
 * });
 */
export function edgeFields(options: EdgeOptions = {}): DescribeEdge {
  const { headers, query, cookies, proxies } = readOptions('edgeFields', shape, options);
  const folded = headers.map((name) => name.toLowerCase());
  for (const name of [...folded, ...query, ...cookies]) refuseCredential(name);
  return function describeEdge(req, res) {
    return {
      method: req.method ?? '',
      route: routeOf(req),
      status: res.statusCode,
      ...(proxies === undefined ? {} : { client: proxies.clientAddress(req) }),
      ...(folded.length === 0 ? {} : { headers: listedHeaders(req, folded) }),
      ...(query.length === 0 ? {} : { query: listedQuery(req, query) }),
      ...(cookies.length === 0 ? {} : { cookieValues: listedCookies(req, cookies) }),
    };
  };
}

/** A list that names `authorization` was written in haste: it is refused where it is written, not found in a log. */
function refuseCredential(name: string): void {
  const isOurs = /^__(?:host|secure)-/i.test(name);
  if (!isOurs && wordOfKey(name, true)?.secret !== true) return;
  throw new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf('edgeFields'),
    option: nameOf('headers'),
    expected: say`names that are no credential's`,
  });
}

function listedHeaders(req: IncomingMessage, names: readonly string[]): Readonly<Record<string, string>> {
  const out = Object.create(null) as Record<string, string>;
  for (const name of names) {
    const value = Object.hasOwn(req.headers, name) ? req.headers[name] : undefined;
    if (value !== undefined) out[name] = String(value);
  }
  return out;
}

/** Read from the URL as it came: what a parser or a router made of it is somebody else's object. */
function listedQuery(
  req: IncomingMessage,
  names: readonly string[],
): Readonly<Record<string, string | readonly string[]>> {
  const out = Object.create(null) as Record<string, string | readonly string[]>;
  const url = (req as { readonly originalUrl?: string }).originalUrl ?? req.url ?? '';
  const mark = url.indexOf('?');
  const given = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  for (const name of names) {
    const values = given.getAll(name).slice(0, mostValues);
    if (values.length > 0) out[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return out;
}

function listedCookies(req: IncomingMessage, names: readonly string[]): Readonly<Record<string, string>> {
  const out = Object.create(null) as Record<string, string>;
  const given = readCookies(req);
  for (const name of names) {
    const value = given.get(name);
    if (value !== undefined) out[name] = value;
  }
  return out;
}
