import { type Check, defineCheck } from '../check.js';

const kinds = {
  drift: {
    id: 'schema.drift',
    severity: 'high',
    title:
      'The database has what the policy does not know, or lacks what it declares: personal data may lie there in the clear, and the next start is refused.',
    clauses: ['ASVS 5.0 V14.1.1', 'ASVS 5.0 V14.2.4'],
    fix: 'Declare each table and column in the policy, or say "not personal".',
  },
  missing: {
    id: 'schema.migration_missing',
    severity: 'medium',
    title: 'The schema safekeep is older than this release.',
    clauses: ['ASVS 5.0 V13.4.5'],
    fix: 'migrate(database), as the preset does at its start; with two roles, run it as the owner.',
  },
  ahead: {
    id: 'schema.migration_ahead',
    severity: 'high',
    title: 'The schema safekeep is newer than this release, which does not start with it.',
    clauses: ['ASVS 5.0 V16.5.3'],
    fix: 'Run the release that migrated it, or restore the backup from before.',
  },
} as const;

const mostTold = 20;

export const schema: Check = defineCheck({
  name: 'schema of the database',
  needs: 'schema',
  kinds,
  examine({ drift, missing, unknown }, found) {
    const place = { name: 'the database' };
    for (const difference of drift.slice(0, mostTold)) found(kinds.drift, difference, place);
    if (drift.length > mostTold) found(kinds.drift, `and ${drift.length - mostTold} more`, place);
    if (missing.length > 0) found(kinds.missing, `not applied: ${missing.join(', ')}`, place);
    if (unknown.length > 0) found(kinds.ahead, `unknown to this release: ${unknown.join(', ')}`, place);
  },
});
