export { createProxies, type Proxies, type ProxiesOptions, type UnlistedPeer } from '../http/index.js';
export type { CookieFinding } from './cookie-findings.js';
export { type CookieGuard, type CookieGuardOptions, cookieGuard } from './cookie-guard.js';
export {
  type CrossOriginGuard,
  type CrossOriginGuardOptions,
  type CrossOriginTokenOptions,
  crossOriginGuard,
} from './cross-origin-guard.js';
export { cspNonce, type MoreSources } from './csp.js';
export { type CspReport, type CspReportsOptions, cspReports } from './csp-reports.js';
export { type ErrorsOptions, errors, type FailurePage, type FailureReport, notFound } from './errors.js';
export type { ExpiryLevel, Following, FollowOptions } from './follow-certificate.js';
export type { HstsStage } from './hsts.js';
export type { Listening } from './listen.js';
export { clearSiteData, noStore } from './no-store.js';
export { type Partner, type PartnerOnlyOptions, partnerOf, partnerOnly } from './partner-only.js';
export { createPartnerServer } from './partner-server.js';
export type { Feature } from './permissions-policy.js';
export type { ExposedCredential } from './plaintext-answer.js';
export type { PlaintextOptions } from './plaintext-rules.js';
export { createPlaintextServer, type PlaintextServer, type PlaintextServerOptions } from './plaintext-server.js';
export { type SecureHeadersOptions, secureHeaders } from './secure-headers.js';
export { type TlsOnlyOptions, tlsOnly } from './tls-only.js';
export { createTlsServer, type TlsServer } from './tls-server.js';
export type { TlsServerOptions } from './tls-server-options.js';
