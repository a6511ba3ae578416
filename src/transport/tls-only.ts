import type { RequestHandler } from 'express';
import { SafekeepError } from '../base/errors.js';
import { listRule, objectRule, optional, readOptions, textRule, withDefault } from '../base/options.js';
import { createProxies, type Proxies, soleHeader } from '../http/index.js';
import { ensureBaseline } from './baseline-headers.js';
import { answerPlaintext } from './plaintext-answer.js';
import { type PlaintextOptions, plaintextRules, plaintextShape } from './plaintext-rules.js';

export interface TlsOnlyOptions extends PlaintextOptions {
  /** Your proxies, from `createProxies`. Default: none is believed. */
  readonly proxies?: Proxies | undefined;
  /** Further Host values to answer to, e.g. `['127.0.0.1:8443']` in development. Default: only the origin's. */
  readonly otherHosts?: readonly string[] | undefined;
}

const shape = {
  ...plaintextShape,
  proxies: optional(objectRule<Proxies>('arrivedOverTls')),
  otherHosts: withDefault(listRule(textRule({ maxLength: 262 })), []),
};

/**
 * Lets nothing through that did not arrive over TLS. In plaintext a page asked for by GET or HEAD without a credential
 * gets a 308 to the configured origin; everything else a 403 with constant bytes, `Connection: close` and its body
 * unread, the same for a valid credential as for a wrong one. Over TLS, a request for another host than ours is
 * refused with 421, so that nothing built from `Host` can point elsewhere.
 *
 * First of all middleware but for `secureHeaders`, so that its refusals carry every header too. It does NOT undo what a client already sent in plaintext: hence `onExposedCredential`; and a
 * server of `node:http` has answered `Expect: 100-continue` before it runs: `createPlaintextServer` has not.
 * ASVS 5.0 V4.1.2, V12.2.1; RFC 6797 section 7.2.
 * @throws SafekeepError ERR_OPTION_* at set-up; passes on ERR_HOST_MISDIRECTED.
 * @example
 * app.use(tlsOnly({ origin: 'https://shop.example', apiPaths: ['/api/'], cookies: ['__Host-sid'] }));
 */
export function tlsOnly(options: TlsOnlyOptions): RequestHandler {
  const { proxies = createProxies(), otherHosts, ...rest } = readOptions('tlsOnly', shape, options);
  const rules = plaintextRules(rest);
  const hosts = new Set([...hostsOf(rules.origin), ...otherHosts.map((host) => host.toLowerCase())]);
  return function tlsOnlyMiddleware(req, res, next) {
    const target = req.originalUrl;
    if (!proxies.arrivedOverTls(req)) return answerPlaintext(req, res, target, rules);
    if (rules.health.length > 0 && (req.method === 'GET' || req.method === 'HEAD')) {
      if (rules.health.includes(target.split('?', 1)[0] ?? '')) {
        ensureBaseline(res);
        return void res.status(204).end();
      }
    }
    // An absolute-form target overrides Host (RFC 9112 section 3.2.2), and a second Host is read by somebody else.
    const host = soleHeader(req, 'host')?.toLowerCase();
    if (host === undefined || !hosts.has(host) || !(target.startsWith('/') || target === '*')) {
      return next(new SafekeepError('ERR_HOST_MISDIRECTED'));
    }
    next();
  };
}

/** Browsers leave out 443, other clients may write it. */
function hostsOf(origin: string): string[] {
  const { host, port } = new URL(origin);
  return port === '' ? [host, `${host}:443`] : [host];
}
