import { type Check, defineCheck } from '../check.js';

const kinds = {
  leaked: {
    id: 'log.canary_leaked',
    severity: 'critical',
    title: 'Personal data and secrets come out of the log as they went in.',
    clauses: ['ASVS 5.0 V16.2.5', 'PCI DSS 4.0.1 3.5.1'],
    fix: 'Log through redactPino(), or the adapter of your logger; log fields, not sentences; no URLs with queries.',
  },
  silent: {
    id: 'log.canary_lost',
    severity: 'medium',
    title: 'What was logged came out nowhere, so nobody knows what the log shows.',
    clauses: ['ASVS 5.0 V16.2.3', 'ASVS 5.0 V16.3.4'],
    fix: 'See the level of the logger, and where it writes.',
  },
} as const;

export const logs: Check = defineCheck({
  name: 'log canary',
  needs: 'logs',
  kinds,
  examine({ lines, leaked }, found) {
    for (const what of leaked) found(kinds.leaked, `came out unchanged: ${what}`, { name: 'the log' });
    if (lines === 0) found(kinds.silent, 'no line was written', { name: 'the log' });
  },
});
