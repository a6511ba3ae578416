export type { Database, LiveColumn, LiveColumns, Queryable, Row } from '../base/ports/database.js';
export { type EmbeddedPostgresOptions, embeddedPostgres } from './embedded/embedded-postgres.js';
export { type MigrateOptions, type MigrationReport, type MigrationStep, migrate } from './migrate.js';
export { type PostgresOptions, postgres } from './postgres.js';
export {
  type WalkedChange,
  type WalkedRow,
  type WalkProgress,
  type WalkReport,
  type WalkTableOptions,
  walkTable,
} from './walk-table.js';
