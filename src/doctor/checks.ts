import type { Check } from './check.js';
import { certificate } from './checks/certificate.js';
import { clocks } from './checks/clocks.js';
import { contentSecurityPolicy } from './checks/content-security-policy.js';
import { cookies } from './checks/cookies.js';
import { crossSite } from './checks/cross-site.js';
import { errorAnswers } from './checks/error-answers.js';
import { files } from './checks/files.js';
import { headers } from './checks/headers.js';
import { hosts } from './checks/hosts.js';
import { hsts } from './checks/hsts.js';
import { logs } from './checks/logs.js';
import { middleware } from './checks/middleware.js';
import { pair } from './checks/pair.js';
import { passwords } from './checks/passwords.js';
import { plaintext } from './checks/plaintext.js';
import { preload } from './checks/preload.js';
import { redirects } from './checks/redirects.js';
import { repository } from './checks/repository.js';
import { resetMail } from './checks/reset-mail.js';
import { ring } from './checks/ring.js';
import { schema } from './checks/schema.js';
import { tlsSuites } from './checks/tls-suites.js';
import { tlsVersions } from './checks/tls-versions.js';
import { trustProxy } from './checks/trust-proxy.js';
import type { FindingKind } from './finding.js';

/** Everything that is examined, in the order of the report. */
export const checks: readonly Check[] = [
  tlsVersions,
  tlsSuites,
  certificate,
  pair,
  hsts,
  preload,
  contentSecurityPolicy,
  headers,
  cookies,
  plaintext,
  redirects,
  hosts,
  crossSite,
  errorAnswers,
  trustProxy,
  middleware,
  passwords,
  ring,
  files,
  schema,
  clocks,
  logs,
  resetMail,
  repository,
];

export const findingKinds: readonly FindingKind[] = checks.flatMap(({ kinds }) => kinds);
