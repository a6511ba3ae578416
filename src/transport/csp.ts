import type { ServerResponse } from 'node:http';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';

/** Directives that take sources. What is not here falls to `default-src 'none'`. */
export type SourceDirective =
  | 'script-src'
  | 'style-src'
  | 'img-src'
  | 'font-src'
  | 'connect-src'
  | 'manifest-src'
  | 'media-src'
  | 'worker-src'
  | 'frame-src'
  | 'form-action';

/** Sources to add, by directive: `{ 'img-src': ['data:', 'https://images.shop.example'] }`. */
export type MoreSources = { readonly [Directive in SourceDirective]?: readonly string[] | undefined };

/** What each allows by itself. */
const strictSources: Readonly<Record<SourceDirective, readonly string[]>> = {
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'"],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'manifest-src': ["'self'"],
  'media-src': [],
  'worker-src': [],
  'frame-src': [],
  'form-action': ["'self'"],
};

export type Directives = Record<string, readonly string[]>;

/**
 * The policy: nothing but one's own files, no inline script or style, no plug-ins, no frames, no `<base>`.
 * ASVS 5.0 V3.4.3, V3.4.6.
 * @throws SafekeepError ERR_CSP_SOURCE for a source that would undo it
 */
export function strictDirectives(more: MoreSources): Directives {
  const sources: Directives = {};
  for (const [directive, own] of Object.entries(strictSources)) {
    const added = more[directive as SourceDirective] ?? [];
    for (const source of added) assertNarrow(directive, source);
    const all = [...own, ...added];
    sources[directive] = all.length > 0 ? all : ["'none'"];
  }
  return {
    'default-src': ["'none'"],
    ...sources,
    'base-uri': ["'none'"],
    'frame-ancestors': ["'none'"],
    'object-src': ["'none'"],
  };
}

export function isDirective(name: string): name is SourceDirective {
  return Object.hasOwn(strictSources, name);
}

/** One https host, a scheme that cannot carry script, or a hash. Wildcards and `'unsafe-…'` let injected script run. */
const source =
  /^(?:'sha(?:256|384|512)-[A-Za-z0-9+/]+={0,2}'|https:\/\/[a-z0-9.-]+(?::\d+)?(?:\/[\x21\x23-\x2b\x2d-\x3a\x3c-\x7e]*)?)$/;

function assertNarrow(directive: string, given: unknown): void {
  if (typeof given === 'string' && (source.test(given) || (given === "'self'" && directive !== 'default-src'))) return;
  if ((given === 'data:' || given === 'blob:') && /^(?:img|media|font)-src$/.test(directive)) return;
  const expected = say`an https host, a hash, 'self', or data: and blob: for images, media and fonts`;
  throw new SafekeepError('ERR_CSP_SOURCE', { directive: nameOf(directive), expected });
}

const makeNonce: unique symbol = Symbol('safekeep.nonce');
type WithNonce = { [makeNonce]?: () => string };

/** Lets `cspNonce` find its way back to the policy of this answer. */
export function offerNonce(res: ServerResponse, make: () => string): void {
  (res as WithNonce)[makeNonce] = make;
}

/**
 * The nonce of this answer, for the inline `<script nonce="…">` of a page that needs one. Made on first use, 128 random
 * bits per answer, and put into the policy then: an answer that asks for none allows no inline script at all. It does
 * NOT make a script safe that holds a person's text.
 * @throws SafekeepError ERR_CSP_NONCE without `secureHeaders` before it, or once headers are sent
 * @example
 * app.get('/', (req, res) => res.render('home', { nonce: cspNonce(res) }));
 */
export function cspNonce(res: ServerResponse): string {
  const make = (res as WithNonce)[makeNonce];
  if (make === undefined || res.headersSent) throw new SafekeepError('ERR_CSP_NONCE');
  return make();
}
