export type { Database, LiveColumn, LiveColumns, Queryable, Row } from '../base/ports/database.js';
export { type PostgresOptions, postgres } from './postgres.js';
