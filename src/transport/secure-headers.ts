import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { type Random, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { listRule, objectRule, oneOfRule, optional, readOptions, withDefault } from '../base/options.js';
import { createProxies, type Proxies } from '../http/index.js';
import { type Directives, isDirective, type MoreSources, offerNonce, strictDirectives } from './csp.js';
import { type HstsStage, hstsHeader, hstsRule } from './hsts.js';
import { type Feature, knownFeatures, permissionsPolicy } from './permissions-policy.js';

export interface SecureHeadersOptions {
  /** Your proxies, from `createProxies`. Default: none is believed. */
  readonly proxies?: Proxies | undefined;
  /**
   * How far you have gone with HSTS: `trial` (five minutes), `year`, `two_years`, `preload`, or `end`. Sent over TLS
   * only; `trial` in development, since HSTS covers every port of `localhost`. Default `two_years`.
   */
  readonly hsts?: HstsStage | undefined;
  /** Sources to add to the Content-Security-Policy. Default none: a page loads its own origin's files and no others. */
  readonly sources?: MoreSources | undefined;
  /** Browser features that pages may use. Default none. */
  readonly allowedFeatures?: readonly Feature[] | undefined;
  /** `credentialless` or `unsafe-none` when pages embed what other hosts serve without CORP. Default `require-corp`. */
  readonly embedder?: 'require-corp' | 'credentialless' | 'unsafe-none' | undefined;
  /** Where browsers report what the policy refused: a path of your own origin that `cspReports` answers. Default: nowhere. */
  readonly reportTo?: string | undefined;
  /**
   * `report-only` while an existing site moves to the policy: it is reported and not enforced, but for `base-uri`,
   * `object-src` and `frame-ancestors`. Needs `reportTo`. Default `enforce`.
   */
  readonly policy?: 'enforce' | 'report-only' | undefined;
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
  hsts: withDefault(hstsRule, 'two_years'),
  sources: withDefault(sourcesRule, {}),
  allowedFeatures: withDefault(
    listRule<Feature>({
      check: (value) => (knownFeatures.includes(String(value)) ? undefined : say`a feature of Permissions-Policy`),
    }),
    [],
  ),
  embedder: withDefault(oneOfRule('require-corp', 'credentialless', 'unsafe-none'), 'require-corp'),
  reportTo: optional({
    check: (value: unknown) =>
      typeof value === 'string' && /^\/(?!\/)[A-Za-z0-9/_.-]{0,200}$/.test(value)
        ? undefined
        : say`a path of your own origin`,
    type: '' as string,
  }),
  policy: withDefault(oneOfRule('enforce', 'report-only'), 'enforce'),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

/** What holds while the whole policy is only reported: none of it breaks a page that is not under attack. */
const leastPolicy = "base-uri 'none';object-src 'none';frame-ancestors 'none'";
const enforced = 'Content-Security-Policy';

/**
 * The security headers of every answer: helmet's, composed to a strict policy and computed once at start-up. HSTS,
 * COOP and `upgrade-insecure-requests` go out over TLS only. Put it before every route, and `errors` after them.
 *
 * It does NOT make inline script or style of an existing site work: move it into files, or use `cspNonce` for scripts.
 * OWASP Secure Headers; ASVS 5.0 V3.4.1, V3.4.3 to V3.4.8.
 * @throws SafekeepError ERR_OPTION_*; ERR_CSP_SOURCE for a source that would undo the policy
 * @example
 * app.use(secureHeaders({ sources: { 'img-src': ['data:'] } }));
 */
export function secureHeaders(options: SecureHeadersOptions = {}): RequestHandler {
  const o = readOptions('secureHeaders', shape, options);
  const { proxies = createProxies(), random, reportTo } = o;
  if (o.policy === 'report-only' && reportTo === undefined) {
    const expected = say`enforce, or a path to report to as well`;
    throw new SafekeepError('ERR_OPTION_INVALID', { of: nameOf('secureHeaders'), option: nameOf('policy'), expected });
  }
  const reports = reportTo === undefined ? {} : { 'report-uri': [reportTo], 'report-to': ['safekeep'] };
  const directives = { ...strictDirectives(o.sources), ...reports };
  const policyHeader = o.policy === 'enforce' ? enforced : `${enforced}-Report-Only`;
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
      const policy = String(res.getHeader(policyHeader));
      res.setHeader(policyHeader, policy.replace('script-src ', `script-src 'nonce-${nonce}' `));
      return nonce;
    });
    next();
  };
}

/** Lets helmet write once into an answer that goes nowhere, and keeps what it wrote. */
function headersOf(
  o: Pick<SecureHeadersOptions, 'reportTo'> & {
    readonly hsts: HstsStage;
    readonly allowedFeatures: readonly Feature[];
    readonly embedder: 'require-corp' | 'credentialless' | 'unsafe-none';
    readonly policy: 'enforce' | 'report-only';
  },
  directives: Directives,
  overTls: boolean,
): HeaderList {
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  const reportOnly = o.policy === 'report-only';
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives, reportOnly },
    crossOriginEmbedderPolicy: { policy: o.embedder },
    crossOriginOpenerPolicy: overTls && { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  })(req, res, () => {});
  if (overTls) res.setHeader(...hstsHeader(o.hsts));
  if (reportOnly) res.setHeader(enforced, leastPolicy);
  if (o.reportTo !== undefined) res.setHeader('Reporting-Endpoints', `safekeep="${o.reportTo}"`);
  res.setHeader('Permissions-Policy', permissionsPolicy(o.allowedFeatures));
  return res.getHeaderNames().map((name) => [name, String(res.getHeader(name))]);
}
