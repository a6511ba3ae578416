import type { ServerResponse } from 'node:http';

/**
 * The headers of an answer that shows nothing of the application: a refusal, an error before any middleware ran, a
 * request that is no HTTP. Nothing may be loaded, framed, sniffed or kept.
 */
export const baselineHeaders: readonly (readonly [name: string, value: string])[] = [
  ['Content-Security-Policy', "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Referrer-Policy', 'no-referrer'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Cache-Control', 'no-store'],
];

/** Sets each baseline header that the answer does not have yet; `secureHeaders` sets stricter and fuller ones. */
export function ensureBaseline(res: ServerResponse): void {
  for (const [name, value] of baselineHeaders) {
    if (!res.hasHeader(name)) res.setHeader(name, value);
  }
  res.removeHeader('X-Powered-By');
}
