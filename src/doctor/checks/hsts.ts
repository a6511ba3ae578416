import { headerOf, ownAnswers, whichAnswers } from '../answers.js';
import { type Check, defineCheck } from '../check.js';
import type { Answer } from '../subject.js';

const kinds = {
  missing: {
    id: 'hsts.missing',
    severity: 'high',
    title: 'Answers come without Strict-Transport-Security: a browser’s next visit may begin in plaintext.',
    clauses: ['ASVS 5.0 V3.4.1', 'RFC 6797 7.1'],
    fix: 'Send it with every answer over TLS, errors too: secureHeaders() and createTlsServer do.',
  },
  short: {
    id: 'hsts.short',
    severity: 'medium',
    title: 'Browsers remember to use TLS for less than a year.',
    clauses: ['ASVS 5.0 V3.4.1', 'RFC 6797 6.1.1'],
    fix: 'When every subdomain answers over TLS, go on from trial to year and two_years.',
  },
  subdomains: {
    id: 'hsts.subdomains',
    severity: 'low',
    title: 'Subdomains are left out of HSTS: a plaintext one can plant cookies for this host.',
    clauses: ['ASVS 5.0 V3.4.1', 'RFC 6797 6.1.2'],
    fix: 'Add includeSubDomains when every subdomain answers over TLS.',
  },
  invalid: {
    id: 'hsts.invalid',
    severity: 'high',
    title: 'Browsers ignore the Strict-Transport-Security that is sent, because they cannot read it.',
    clauses: ['RFC 6797 6.1', 'ASVS 5.0 V3.4.1'],
    fix: 'Send it once, with max-age=SECONDS; two layers that each add one spoil it.',
  },
} as const;

const yearSeconds = 31_536_000;

export interface Hsts {
  readonly maxAge: number;
  readonly includeSubDomains: boolean;
  readonly preload: boolean;
}

/** RFC 6797 section 6.1: directives without regard to case; a repeated one spoils the header. */
export function readHsts(value: string): Hsts | undefined {
  const directives = value
    .split(';')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '');
  const names = directives.map((part) => part.split('=', 1)[0]?.trim());
  const age = /^max-age\s*=\s*"?(\d{1,10})"?$/.exec(directives.find((part) => part.startsWith('max-age')) ?? '')?.[1];
  if (age === undefined || new Set(names).size < names.length || value.includes(',')) return undefined;
  return {
    maxAge: Number(age),
    includeSubDomains: directives.includes('includesubdomains'),
    preload: directives.includes('preload'),
  };
}

export const hsts: Check = defineCheck({
  name: 'Strict-Transport-Security',
  needs: 'answers',
  kinds,
  examine(all, found) {
    const answers = ownAnswers(all);
    const said = (test: (value: Hsts | undefined, text: string | undefined) => boolean): readonly Answer[] =>
      answers.filter((answer) => {
        const text = headerOf(answer, 'strict-transport-security');
        return test(text === undefined ? undefined : readHsts(text), text);
      });
    const missing = said((_, text) => text === undefined);
    if (missing.length > 0) found(kinds.missing, whichAnswers(missing));
    const invalid = said((value, text) => text !== undefined && value === undefined);
    if (invalid.length > 0) found(kinds.invalid, whichAnswers(invalid));
    const short = said((value) => value !== undefined && value.maxAge < yearSeconds);
    if (short.length > 0)
      found(kinds.short, `${headerOf(short[0] as Answer, 'strict-transport-security')}: ${whichAnswers(short)}`);
    const narrow = said((value) => value !== undefined && value.maxAge > 0 && !value.includeSubDomains);
    if (narrow.length > 0) found(kinds.subdomains, whichAnswers(narrow));
  },
});
