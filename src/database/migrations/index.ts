import type { MigrationStep } from '../migrate.js';
import { foundation } from './0001-foundation.sql.js';
import { keyRing } from './0002-key-ring.sql.js';
import { streamFiles } from './0003-stream-files.sql.js';
import { imports } from './0004-imports.sql.js';
import { secondFactor } from './0005-second-factor.sql.js';
import { mailChanges } from './0006-mail-changes.sql.js';
import { disclosures } from './0007-disclosures.sql.js';

/** The steps of the schema `safekeep`, in order. */
export const ourSteps: readonly MigrationStep[] = Object.freeze([
  { version: 1, name: 'foundation', sql: foundation },
  { version: 2, name: 'key-ring', sql: keyRing },
  { version: 3, name: 'stream-files', sql: streamFiles },
  { version: 4, name: 'imports', sql: imports },
  { version: 5, name: 'second-factor', sql: secondFactor },
  { version: 6, name: 'mail-changes', sql: mailChanges },
  { version: 7, name: 'disclosures', sql: disclosures },
]);
