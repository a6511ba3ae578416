import { type Check, defineCheck } from '../check.js';
import type { FindingKind } from '../finding.js';

const kinds = {
  key: {
    id: 'secrets.private_key',
    severity: 'critical',
    title: 'A private key is in the repository: everybody who ever cloned it has it.',
    clauses: ['ASVS 5.0 V13.3.1'],
    fix: 'Replace the key; taking it out of the last commit does not take it out of the history.',
  },
  token: {
    id: 'secrets.token',
    severity: 'critical',
    title: 'A token of a well-known issuer is in the repository.',
    clauses: ['ASVS 5.0 V13.3.1'],
    fix: 'Revoke it at its issuer, and read the new one from a secret store or the environment.',
  },
  url: {
    id: 'secrets.url_credential',
    severity: 'high',
    title: 'A URL with a password is in the repository.',
    clauses: ['ASVS 5.0 V13.3.1', 'ASVS 5.0 V13.2.3'],
    fix: 'Change the password, and keep the new one in a secret store or a password file (~/.pgpass).',
  },
  assigned: {
    id: 'secrets.assigned',
    severity: 'high',
    title: 'A configuration file of the repository gives a password or a secret its value.',
    clauses: ['ASVS 5.0 V13.3.1'],
    fix: 'Change it, and read the new one from a secret store or the environment.',
  },
  file: {
    id: 'secrets.file_tracked',
    severity: 'high',
    title: 'Git tracks a file that is for secrets: .env, a key, a key store.',
    clauses: ['ASVS 5.0 V13.3.1'],
    fix: 'git rm --cached, add it to .gitignore, and replace what was in it.',
  },
  ignored: {
    id: 'secrets.file_unignored',
    severity: 'medium',
    title:
      'A file for secrets lies in the repository’s folder and is not ignored: the next "git add ." takes it along.',
    clauses: ['ASVS 5.0 V13.3.1'],
    fix: 'Add it to .gitignore, or move it out of the folder.',
  },
} as const;

const byType: ReadonlyMap<string, FindingKind> = new Map<string, FindingKind>([
  ['private_key', kinds.key],
  ['api_key', kinds.token],
  ['jwt', kinds.token],
  ['credential', kinds.url],
  ['password', kinds.assigned],
  ['secret', kinds.assigned],
]);

/** What the redactor must be able to tell for a secret to be told here. */
export const secretTypes: ReadonlySet<string> = new Set(byType.keys());

export const repository: Check = defineCheck({
  name: 'secrets in the repository',
  needs: 'repository',
  kinds,
  examine({ secrets, tracked, unignored }, found) {
    for (const { path, line, type } of secrets) {
      const kind = byType.get(type);
      if (kind !== undefined) found(kind, `it looks like: ${type}`, { name: path, line });
    }
    for (const path of tracked) found(kinds.file, 'git tracks it', { name: path, line: 1 });
    for (const path of unignored) found(kinds.ignored, 'git would take it', { name: path, line: 1 });
  },
});
