import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import { functionRule, listRule, oneOfRule, optional, readOptions, textRule, withDefault } from '../base/options.js';
import { type CookieFinding, cookieFindings, type JudgedCookie, judgeCookie } from './cookie-findings.js';
import { credentialsOf, holdsCredential } from './request-credentials.js';

export interface CookieGuardOptions {
  /** `development` throws at the first finding; `production` mends what it can, drops a credential, and counts. Default `production`. */
  readonly mode?: 'development' | 'production' | undefined;
  /** Names of cookies that scripts are meant to read, and that need no `HttpOnly`. Default none. */
  readonly scriptReadable?: readonly string[] | undefined;
  /** Names of your own session cookies: their ids are no credential that a form could have brought. Default none. */
  readonly own?: readonly string[] | undefined;
  /** Told of every finding in production: the cookie's name and what is wrong, never its value. */
  readonly onFinding?: ((finding: CookieFinding, cookie: string) => void) | undefined;
}

/** The middleware, and what it has found since it was made. */
export interface CookieGuard extends RequestHandler {
  counts(): Readonly<Record<CookieFinding, number>>;
}

const shape = {
  mode: withDefault(oneOfRule('development', 'production'), 'production'),
  scriptReadable: withDefault(listRule(textRule({ maxLength: 256 })), []),
  own: withDefault(listRule(textRule({ maxLength: 256 })), []),
  onFinding: optional(functionRule<(finding: CookieFinding, cookie: string) => void>()),
};

/**
 * Looks at every `Set-Cookie` as the answer's headers leave, whoever wrote it: `Secure`, `SameSite`, `HttpOnly`, the
 * promises of `__Host-` and `__Secure-`, 4,096 bytes. In production `Secure` and a missing `SameSite=Lax` are added, a
 * name is never changed, everything is counted. A cookie that holds a password or token of this very request, as a
 * whole and of 8 characters or more, plain, percent-encoded or in base64, never leaves: it throws in development and
 * is dropped in production. The 2004 policy let a cookie store the password; this is where that ends.
 *
 * Mount it before whatever sets cookies. It does NOT recognise a credential of an earlier request, or one that was
 * cut, hashed or encrypted, and does not see what is written to the socket past `ServerResponse`.
 * ASVS 5.0 V3.3.1 to V3.3.5; RFC 6265bis.
 * @throws SafekeepError ERR_OPTION_*; in development ERR_COOKIE_UNSAFE, ERR_COOKIE_CREDENTIAL while headers are written
 * @example
 * app.use(cookieGuard({ mode: 'production', own: ['__Host-sid'] }));
 */
export function cookieGuard(options: CookieGuardOptions = {}): CookieGuard {
  const { mode, own, onFinding, ...rest } = readOptions('cookieGuard', shape, options);
  const scriptReadable = new Set(rest.scriptReadable);
  const counts = Object.fromEntries(cookieFindings.map((finding) => [finding, 0])) as Record<CookieFinding, number>;

  function count(finding: CookieFinding, name: string): void {
    counts[finding] += 1;
    onFinding?.(finding, name);
  }

  /** The lines that may leave. */
  function guarded(lines: readonly string[], req: IncomingMessage): string[] {
    const credentials = credentialsOf(req, own);
    const kept: string[] = [];
    for (const line of lines) {
      const judged = judgeCookie(line, scriptReadable);
      const holds = credentials.length > 0 && holdsCredential(judged.cookie.value, credentials);
      if (mode === 'development') assertClean(judged, holds);
      for (const finding of judged.findings) count(finding, judged.cookie.name);
      if (holds) count('credential', judged.cookie.name);
      else kept.push(judged.mended);
    }
    return kept;
  }

  function cookieGuardMiddleware(req: IncomingMessage, res: ServerResponse, next: () => void): void {
    const writeHead = res.writeHead;
    function guardedWriteHead(this: ServerResponse, ...args: unknown[]): ServerResponse {
      const set = res.getHeader('set-cookie');
      // Removed first: what is refused by a throw must not leave with the error's page.
      if (set !== undefined) {
        res.removeHeader('set-cookie');
        const kept = guarded(linesOf(set), req);
        if (kept.length > 0) res.setHeader('Set-Cookie', kept);
      }
      const last = args.length - 1;
      if (last > 0 && typeof args[last] === 'object' && args[last] !== null) {
        args[last] = withGuarded(args[last], (lines) => guarded(lines, req));
      }
      return Reflect.apply(writeHead, this, args);
    }
    res.writeHead = guardedWriteHead as typeof res.writeHead;
    next();
  }

  return Object.assign(cookieGuardMiddleware as RequestHandler, { counts: () => Object.freeze({ ...counts }) });
}

function assertClean({ cookie, findings }: JudgedCookie, holdsCredentials: boolean): void {
  const name = nameOf(cookie.name);
  if (holdsCredentials) throw new SafekeepError('ERR_COOKIE_CREDENTIAL', { cookie: name });
  const [finding] = findings;
  if (finding !== undefined) throw new SafekeepError('ERR_COOKIE_UNSAFE', { cookie: name, finding: nameOf(finding) });
}

function linesOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

/** The headers given to `writeHead`: an object, a flat list of names and values, or a list of pairs. */
function withGuarded(headers: object, guard: (lines: readonly string[]) => string[]): unknown {
  const isCookie = (name: unknown): boolean => String(name).toLowerCase() === 'set-cookie';
  if (!Array.isArray(headers)) {
    const names = Object.keys(headers).filter(isCookie);
    if (names.length === 0) return headers;
    const given: Record<string, unknown> = { ...headers };
    for (const name of names) given[name] = guard(linesOf(given[name]));
    return given;
  }
  if (Array.isArray(headers[0])) {
    return headers.flatMap((pair: unknown[]) =>
      isCookie(pair[0]) ? guard(linesOf(pair[1])).map((line) => [pair[0], line]) : [pair],
    );
  }
  const flat: unknown[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (isCookie(headers[at])) for (const line of guard(linesOf(headers[at + 1]))) flat.push(headers[at], line);
    else flat.push(headers[at], headers[at + 1]);
  }
  return flat;
}
