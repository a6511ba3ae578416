import type { IncomingMessage } from 'node:http';
import { SafekeepError } from '../base/errors.js';
import { type Statement, say } from '../base/names.js';
import { flagRule, integerRule, oneOfRule, optional, readOptions, textRule, withDefault } from '../base/options.js';

export interface CookieOptions {
  /** How long the browser keeps it, in seconds; 0 deletes it. Up to 400 days, what browsers cap it to. Default: until it closes. */
  readonly maxAgeSeconds?: number | undefined;
  /** Default `/`, the only one a `__Host-` name may have. */
  readonly path?: string | undefined;
  /** Default `Lax`. `None` is not offered: a cookie of ours travels with no foreign page's request. */
  readonly sameSite?: 'Lax' | 'Strict' | undefined;
  /** Default true: no script reads it. */
  readonly httpOnly?: boolean | undefined;
}

const shape = {
  maxAgeSeconds: optional(integerRule({ min: 0, max: 34_560_000 })),
  path: withDefault(textRule({ maxLength: 1024 }), '/'),
  sameSite: withDefault(oneOfRule('Lax', 'Strict'), 'Lax'),
  httpOnly: withDefault(flagRule(), true),
};
const cookieName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 6265 section 4.1.1: cookie-octets, in quotes or not. Quotes are part of the value. */
const cookieValue = /^(?:[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*|"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")$/;

/**
 * The cookies of a request, as sent: nothing is decoded. Strict: a pair that RFC 6265 section 4.1.1 does not allow is
 * left out rather than repaired. Of two with one name the first counts, for every reader alike. It does NOT prove who
 * set a cookie; only a `__Host-` name does.
 */
export function readCookies(req: IncomingMessage): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0) continue;
    const name = trim(pair.slice(0, equals));
    const value = trim(pair.slice(equals + 1));
    if (cookieName.test(name) && cookieValue.test(value) && !cookies.has(name)) cookies.set(name, value);
  }
  return cookies;
}

/**
 * The text of one `Set-Cookie` header. Always `Secure`; the name bears `__Host-` or `__Secure-`, so that neither a
 * sibling domain nor a plaintext page can plant it. ASVS 5.0 V3.3.1 to V3.3.5.
 * @throws SafekeepError ERR_COOKIE_INVALID for a name, value, path or size that a browser would refuse or misread.
 * @example
 * res.appendHeader('Set-Cookie', cookieText('__Host-sid', id, { sameSite: 'Strict' }));
 */
export function cookieText(name: string, value: string, options: CookieOptions = {}): string {
  const { maxAgeSeconds, path, sameSite, httpOnly } = readOptions('cookieText', shape, options);
  const refused = refusal(name, value, path);
  if (refused !== undefined) throw new SafekeepError('ERR_COOKIE_INVALID', { expected: refused });
  const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`;
  return `${name}=${value}; Path=${path}${age}; Secure${httpOnly ? '; HttpOnly' : ''}; SameSite=${sameSite}`;
}

function refusal(name: string, value: string, path: string): Statement | undefined {
  if (!cookieName.test(name) || !/^__(?:Host|Secure)-./.test(name)) {
    return say`a name that begins with __Host- or __Secure-, in that case`;
  }
  if (!cookieValue.test(value)) return say`a value of cookie octets: no space, comma, semicolon, backslash or control`;
  if (!/^\/[\x20-\x3a\x3c-\x7e]*$/.test(path)) return say`a path that begins with a slash`;
  if (name.startsWith('__Host-') && path !== '/') return say`the path / for a __Host- name`;
  if (name.length + value.length > 4096) return say`a name and value of at most 4096 bytes together`;
  return undefined;
}

/** Only SP and HTAB are white space here; String.trim would also drop what a browser keeps. Linear, unlike /[ \t]+$/. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
