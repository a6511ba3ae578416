export { createQueryCheck, type QueryCheck } from './check-query.js';
export { guardDatabase } from './guard-database.js';
export { guardKyselyDialect, type KyselyDialectLike } from './kysely.js';
export { type QueryLogger, type SilentLogger, sealedQueryLogger } from './query-logger.js';
