import type { Database, Queryable } from '../base/ports/database.js';
import type { Policy } from '../policy/index.js';
import { createQueryCheck, type QueryCheck } from './check-query.js';

/**
 * The same database, which refuses a query that asks of a sealed column what only its plaintext could answer: an order,
 * a range, a pattern, a group, a comparison with plaintext; and a write of plaintext. Nothing is sent.
 *
 * For the application's own queries, in development and in production: a statement is read once, then known by its
 * text. It does NOT parse SQL and is no defence against whoever writes the statements: names it cannot follow (`order by
 * 2`, `select *` in a view, SQL inside a function of the database) it lets through.
 * @throws SafekeepError from `query` and `one`: ERR_SEALED_QUERY, and as the database
 * @example
 * const database = guardDatabase(postgres('postgres://127.0.0.1/shop'), policy);
 * await database.query('select id from customers order by email');   // ERR_SEALED_QUERY
 */
export function guardDatabase(database: Database, policy: Policy): Database {
  const check = createQueryCheck(policy);
  return Object.freeze<Database>({
    ...guarded(database, check),
    transaction: (work) => database.transaction((tx) => work(guarded(tx, check))),
    columns: () => database.columns(),
    close: () => database.close(),
  });
}

function guarded(queryable: Queryable, check: QueryCheck): Queryable {
  return {
    // async: a refusal is a rejection, as every other of a query.
    async query(sql, values) {
      check(sql, values ?? []);
      return await queryable.query(sql, values);
    },
    async one(sql, values) {
      check(sql, values ?? []);
      return await queryable.one(sql, values);
    },
  };
}
