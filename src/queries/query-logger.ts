import type { Policy } from '../policy/index.js';
import { createQueryCheck } from './check-query.js';

/** A logger of Drizzle, and of TypeORM: what both call with each statement before it is sent. */
export interface QueryLogger {
  logQuery(query: string, parameters?: unknown[], ...more: never[]): unknown;
}

/** What TypeORM asks of a logger beyond that. */
export interface SilentLogger extends QueryLogger {
  logQueryError(): void;
  logQuerySlow(): void;
  logSchemaBuild(): void;
  logMigration(): void;
  log(): void;
}

const nothing = (): void => undefined;
const silent: SilentLogger = Object.freeze({
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
});

/**
 * A logger that refuses what `guardDatabase` refuses. Drizzle and TypeORM have no hook where a query is built, but both
 * hand each statement with its parameters to their logger before they send it; what the logger throws rejects the query.
 * Give it your own logger and it goes on logging; without one nothing is logged.
 * @throws SafekeepError from `logQuery`: ERR_SEALED_QUERY
 * @example
 * const db = drizzle(pool, { logger: sealedQueryLogger(policy) });
 * const source = new DataSource({ type: 'postgres', url, entities, logger: sealedQueryLogger(policy, yourLogger) });
 */
export function sealedQueryLogger(policy: Policy): SilentLogger;
export function sealedQueryLogger<L extends QueryLogger>(policy: Policy, logger: L): L;
export function sealedQueryLogger(policy: Policy, logger: QueryLogger = silent): QueryLogger {
  const check = createQueryCheck(policy);
  const logQuery: QueryLogger['logQuery'] = (query, parameters, ...more) => {
    check(query, parameters ?? []);
    return logger.logQuery(query, parameters, ...more);
  };
  // Over the logger, not instead of it: its other methods find their own state through the prototype.
  return Object.create(logger, { logQuery: { value: logQuery, enumerable: true } }) as QueryLogger;
}
