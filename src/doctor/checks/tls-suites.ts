import { type Check, defineCheck } from '../check.js';

const kinds = {
  staticKey: {
    id: 'tls.suite_no_forward_secrecy',
    severity: 'high',
    title: 'Suites without forward secrecy are accepted: who gets the private key later reads what was recorded today.',
    clauses: ['ASVS 5.0 V12.1.2', 'Mozilla TLS 6.0 intermediate'],
    fix: 'Allow the suites of Mozilla’s guideline alone; createTlsServer does, Node’s defaults on an RSA certificate do not.',
  },
  stray: {
    id: 'tls.suite_outside_guideline',
    severity: 'medium',
    title: 'Suites outside of Mozilla’s guideline are accepted.',
    clauses: ['ASVS 5.0 V12.1.2', 'Mozilla TLS 6.0 intermediate', 'PCI DSS 4.0.1 4.2.1'],
    fix: 'Allow the suites of Mozilla’s guideline alone; createTlsServer does.',
  },
} as const;

const ephemeral = /^(?:ECDHE|DHE)-/;

export const tlsSuites: Check = defineCheck({
  name: 'cipher suites',
  needs: 'tls',
  kinds,
  examine({ strays }, found) {
    const fixed = strays.filter((suite) => !ephemeral.test(suite));
    const other = strays.filter((suite) => ephemeral.test(suite));
    if (fixed.length > 0) found(kinds.staticKey, listed(fixed));
    if (other.length > 0) found(kinds.stray, listed(other));
  },
});

function listed(suites: readonly string[]): string {
  const more = suites.length - 4;
  return `accepted: ${suites.slice(0, 4).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
