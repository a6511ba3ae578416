import type { Check } from './check.js';
import { certificate } from './checks/certificate.js';
import { contentSecurityPolicy } from './checks/content-security-policy.js';
import { cookies } from './checks/cookies.js';
import { crossSite } from './checks/cross-site.js';
import { errorAnswers } from './checks/error-answers.js';
import { headers } from './checks/headers.js';
import { hosts } from './checks/hosts.js';
import { hsts } from './checks/hsts.js';
import { tlsSuites } from './checks/tls-suites.js';
import { tlsVersions } from './checks/tls-versions.js';
import { trustProxy } from './checks/trust-proxy.js';
import type { FindingKind } from './finding.js';

/** Everything that is examined, in the order of the report. */
export const checks: readonly Check[] = [
  tlsVersions,
  tlsSuites,
  certificate,
  hsts,
  contentSecurityPolicy,
  headers,
  cookies,
  hosts,
  crossSite,
  errorAnswers,
  trustProxy,
];

export const findingKinds: readonly FindingKind[] = checks.flatMap(({ kinds }) => kinds);
