import { readSetCookie } from '../../http/index.js';
import { createRedactor } from '../../redaction/index.js';
import { type CookieFinding, judgeCookie } from '../../transport/cookie-findings.js';
import { placeOf, setCookies } from '../answers.js';
import { type Check, defineCheck } from '../check.js';
import type { FindingKind } from '../finding.js';

const kinds = {
  secure: {
    id: 'cookie.not_secure',
    severity: 'high',
    title: 'A cookie without Secure travels in plaintext too, for whoever sits on the way.',
    clauses: ['ASVS 5.0 V3.3.1', 'RFC 6265bis 4.1.2.5'],
    fix: 'Mount cookieGuard() in front of whatever sets cookies: it adds Secure.',
  },
  script: {
    id: 'cookie.script_readable',
    severity: 'medium',
    title: 'Scripts can read a cookie: one injected script takes every session.',
    clauses: ['ASVS 5.0 V3.3.4'],
    fix: 'Add HttpOnly; a cookie that a script needs is named with --script-cookie.',
  },
  sameSite: {
    id: 'cookie.same_site',
    severity: 'medium',
    title: 'A cookie does not say SameSite, or says what no browser knows.',
    clauses: ['ASVS 5.0 V3.3.2', 'RFC 6265bis 4.1.2.7'],
    fix: 'Add SameSite=Lax or Strict; cookieGuard() adds Lax where it is missing.',
  },
  prefix: {
    id: 'cookie.no_prefix',
    severity: 'low',
    title: 'A cookie’s name bears neither __Host- nor __Secure-: a subdomain or a plaintext page can plant it.',
    clauses: ['ASVS 5.0 V3.3.1', 'ASVS 5.0 V3.3.3'],
    fix: 'Call it __Host-NAME, with Secure and Path=/, without Domain.',
  },
  broken: {
    id: 'cookie.prefix_broken',
    severity: 'medium',
    title: 'A cookie breaks the promise of its name’s prefix, so browsers drop it.',
    clauses: ['RFC 6265bis 4.1.3', 'ASVS 5.0 V3.3.3'],
    fix: '__Host- needs Secure, Path=/ and no Domain; __Secure- needs Secure.',
  },
  large: {
    id: 'cookie.too_large',
    severity: 'low',
    title: 'A cookie is larger than browsers keep, or has no name.',
    clauses: ['ASVS 5.0 V3.3.5'],
    fix: 'Keep an opaque identifier in it, and the data on the server.',
  },
  secret: {
    id: 'cookie.personal',
    severity: 'high',
    title: 'A cookie holds personal data or a secret that can be read.',
    clauses: ['ASVS 5.0 V14.2.1', 'ASVS 5.0 V7.2.1'],
    fix: 'Keep an opaque identifier in it, and the data on the server.',
  },
} as const;

const byFinding: Readonly<Partial<Record<CookieFinding, FindingKind>>> = {
  secure_missing: kinds.secure,
  http_only_missing: kinds.script,
  same_site_missing: kinds.sameSite,
  same_site_invalid: kinds.sameSite,
  host_prefix_broken: kinds.broken,
  secure_prefix_broken: kinds.broken,
  nameless: kinds.large,
  too_large: kinds.large,
};

/** A random identifier may look like a telephone number now and then; like these it does not. */
const telling: ReadonlySet<string> = new Set(['email', 'card', 'jwt', 'password_hash', 'iban', 'ssn', 'api_key']);

export const cookies: Check = defineCheck({
  name: 'cookies',
  needs: 'answers',
  kinds,
  examine(answers, found, { origin, scriptCookies }) {
    const redactor = createRedactor();
    const told = new Set<string>();
    for (const answer of answers) {
      for (const line of setCookies(answer)) {
        const { name, value, attributes } = readSetCookie(line);
        const report = (kind: FindingKind, seen: string): void => {
          // One cookie is set by many answers; a report that repeats it is not read.
          if (told.has(`${kind.id} ${name}`)) return;
          told.add(`${kind.id} ${name}`);
          found(kind, seen, placeOf(origin, answer));
        };
        for (const finding of judgeCookie(line, new Set(scriptCookies)).findings) {
          const kind = byFinding[finding];
          if (kind !== undefined) report(kind, `the cookie ${name === '' ? '(without a name)' : name}: ${finding}`);
        }
        if (attributes.get('max-age') === '0' || value === '') continue;
        if (!/^__(?:host|secure)-/i.test(name)) report(kinds.prefix, `the cookie ${name}`);
        const held = redactor.find(value).find(({ type }) => telling.has(type));
        if (held !== undefined) report(kinds.secret, `the cookie ${name} holds what looks like: ${held.type}`);
      }
    }
  },
});
