import type { MigrationStep } from '../migrate.js';
import { foundation } from './0001-foundation.sql.js';

/** The steps of the schema `safekeep`, in order. */
export const ourSteps: readonly MigrationStep[] = Object.freeze([{ version: 1, name: 'foundation', sql: foundation }]);
