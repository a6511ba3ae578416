import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { type Random, systemRandom } from '../base/clock.js';
import { nameOf, say } from '../base/names.js';
import { integerRule, listRule, objectRule, oneOfRule, optional, readOptions, withDefault } from '../base/options.js';
import { createProxies, type Proxies } from '../http/index.js';
import { hstsHeader } from './baseline-headers.js';
import { type Directives, isDirective, type MoreSources, offerNonce, strictDirectives } from './csp.js';
import { type Feature, knownFeatures, permissionsPolicy } from './permissions-policy.js';

export interface SecureHeadersOptions {
  /** Your proxies, from `createProxies`. Default: none is believed. */
  readonly proxies?: Proxies | undefined;
  /**
   * How long a browser must refuse plaintext, in seconds. 0 (which ends it) to two years; default two years. RFC 6797
   * section 6.1.1. Sent over TLS only. In development 0 is kind: HSTS covers every port of `localhost`.
   */
  readonly hstsMaxAgeSeconds?: number | undefined;
  /** Sources to add to the Content-Security-Policy. Default none: a page loads its own origin's files and no others. */
  readonly sources?: MoreSources | undefined;
  /** Browser features that pages may use. Default none. */
  readonly allowedFeatures?: readonly Feature[] | undefined;
  /** `credentialless` or `unsafe-none` when pages embed what other hosts serve without CORP. Default `require-corp`. */
  readonly embedder?: 'require-corp' | 'credentialless' | 'unsafe-none' | undefined;
  readonly random?: Random | undefined;
}

type HeaderList = readonly (readonly [name: string, value: string | readonly string[]])[];

const sourcesRule = {
  check: (value: unknown) => {
    if (typeof value !== 'object' || value === null) return say`lists of sources by directive`;
    for (const [name, list] of Object.entries(value)) {
      if (!isDirective(name)) return say`directives that take sources, and not ${nameOf(name)}`;
      if (!Array.isArray(list)) return say`a list of sources for ${nameOf(name)}`;
    }
    return undefined;
  },
  type: {} as MoreSources,
};
const shape = {
  proxies: optional(objectRule<Proxies>('arrivedOverTls')),
  hstsMaxAgeSeconds: withDefault(integerRule({ min: 0, max: hstsHeader.defaultSeconds }), hstsHeader.defaultSeconds),
  sources: withDefault(sourcesRule, {}),
  allowedFeatures: withDefault(
    listRule<Feature>({
      check: (value) => (knownFeatures.includes(String(value)) ? undefined : say`a feature of Permissions-Policy`),
    }),
    [],
  ),
  embedder: withDefault(oneOfRule('require-corp', 'credentialless', 'unsafe-none'), 'require-corp'),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

/**
 * The security headers of every answer: helmet's, composed to a strict policy and computed once at start-up. HSTS,
 * COOP and `upgrade-insecure-requests` go out over TLS only. Put it before every route, and `errors` after them.
 *
 * It does NOT make inline script or style of an existing site work: move it into files, or use `cspNonce` for scripts.
 * OWASP Secure Headers; ASVS 5.0 V3.4.1, V3.4.3 to V3.4.6, V3.4.8.
 * @throws SafekeepError ERR_OPTION_*; ERR_CSP_SOURCE for a source that would undo the policy
 * @example
 * app.use(secureHeaders({ sources: { 'img-src': ['data:'] } }));
 */
export function secureHeaders(options: SecureHeadersOptions = {}): RequestHandler {
  const o = readOptions('secureHeaders', shape, options);
  const { proxies = createProxies(), random } = o;
  const directives = strictDirectives(o.sources);
  const overTls = headersOf(o, { ...directives, 'upgrade-insecure-requests': [] }, true);
  const inPlaintext = headersOf(o, directives, false);

  return function secureHeadersMiddleware(req, res, next) {
    const headers = proxies.arrivedOverTls(req) ? overTls : inPlaintext;
    for (const [name, value] of headers) res.setHeader(name, value);
    res.removeHeader('X-Powered-By');
    let nonce: string | undefined;
    offerNonce(res, () => {
      if (nonce !== undefined) return nonce;
      nonce = random.bytes(16).toString('base64');
      const policy = String(res.getHeader('Content-Security-Policy'));
      res.setHeader('Content-Security-Policy', policy.replace('script-src ', `script-src 'nonce-${nonce}' `));
      return nonce;
    });
    next();
  };
}

/** Lets helmet write once into an answer that goes nowhere, and keeps what it wrote. */
function headersOf(
  o: {
    readonly hstsMaxAgeSeconds: number;
    readonly allowedFeatures: readonly Feature[];
    readonly embedder: 'require-corp' | 'credentialless' | 'unsafe-none';
  },
  directives: Directives,
  overTls: boolean,
): HeaderList {
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    crossOriginEmbedderPolicy: { policy: o.embedder },
    crossOriginOpenerPolicy: overTls && { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: overTls && { maxAge: o.hstsMaxAgeSeconds, includeSubDomains: true },
    xFrameOptions: { action: 'deny' },
  })(req, res, () => {});
  res.setHeader('Permissions-Policy', permissionsPolicy(o.allowedFeatures));
  return res.getHeaderNames().map((name) => [name, String(res.getHeader(name))]);
}
