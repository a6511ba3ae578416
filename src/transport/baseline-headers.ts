import type { ServerResponse } from 'node:http';
import { type HstsStage, hstsHeader } from './hsts.js';
import { permissionsPolicy } from './permissions-policy.js';

type Headers = readonly (readonly [name: string, value: string])[];

/**
 * The headers of an answer that shows nothing of the application: a refusal, an error before any middleware ran, a
 * request that is no HTTP. Nothing may be loaded, framed, sniffed or kept. The names are those of OWASP Secure Headers.
 */
export const baselineHeaders: Headers = [
  ['Content-Security-Policy', "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"],
  ['Cross-Origin-Embedder-Policy', 'require-corp'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Permissions-Policy', permissionsPolicy([])],
  ['Referrer-Policy', 'no-referrer'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-DNS-Prefetch-Control', 'off'],
  ['X-Frame-Options', 'DENY'],
  ['X-Permitted-Cross-Domain-Policies', 'none'],
  ['Cache-Control', 'no-store'],
];

/** What goes out beside them over TLS only. RFC 6797 section 7.2. */
export function tlsHeaders(hsts: HstsStage): Headers {
  return [hstsHeader(hsts), ['Cross-Origin-Opener-Policy', 'same-origin']];
}

/** Sets each baseline header that the answer does not have yet; `secureHeaders` sets stricter and fuller ones. */
export function ensureBaseline(res: ServerResponse): void {
  for (const [name, value] of baselineHeaders) {
    if (!res.hasHeader(name)) res.setHeader(name, value);
  }
  res.removeHeader('X-Powered-By');
}
