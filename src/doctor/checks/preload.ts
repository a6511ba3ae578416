import { headerOf } from '../answers.js';
import { type Check, defineCheck } from '../check.js';
import { readHsts } from './hsts.js';

const kinds = {
  unfit: {
    id: 'hsts.preload_unfit',
    severity: 'medium',
    title:
      'The site asks to be in the browsers’ preload list, and does not meet what the list asks: it is refused, or dropped again.',
    clauses: ['RFC 6797 14.2', 'hstspreload.org'],
    fix: 'Meet each of them, or go back to two_years until you do.',
  },
} as const;

const yearSeconds = 31_536_000;

/** What hstspreload.org asks for, as far as one server shows it. The list itself is not asked. */
export const preload: Check = defineCheck({
  name: 'fitness for the preload list',
  needs: 'answers',
  kinds,
  examine(answers, found, { certificate, plaintext, origin = '' }) {
    const page = answers.find(({ asked }) => asked === 'page');
    const hsts = readHsts(page === undefined ? '' : (headerOf(page, 'strict-transport-security') ?? ''));
    if (hsts?.preload !== true) return;
    const { hostname, port } = new URL(origin);
    const unmet = [
      hsts.maxAge < yearSeconds ? 'max-age is below a year' : '',
      hsts.includeSubDomains ? '' : 'includeSubDomains is missing',
      certificate?.problem !== undefined || certificate?.ownAuthority === true
        ? 'the certificate is not publicly trusted'
        : '',
      port === '' ? '' : 'the site is not at port 443',
      plaintext === undefined || plaintext.page === undefined ? '' : plaintextProblem(plaintext.page, hostname),
    ].filter((problem) => problem !== '');
    if (unmet.length > 0) found(kinds.unfit, unmet.join('; '));
  },
});

/** Plaintext has to lead to TLS on the same host first: only there the browser learns the header for it. */
function plaintextProblem(page: Parameters<typeof headerOf>[0], host: string): string {
  const to = headerOf(page, 'location') ?? '';
  if (page.status < 300 || page.status >= 400 || !URL.canParse(to)) return 'plaintext does not lead to TLS';
  const url = new URL(to);
  return url.protocol === 'https:' && url.hostname === host ? '' : 'plaintext does not lead to TLS on the same host';
}
