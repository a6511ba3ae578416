import type { Policy } from '../policy/index.js';
import { createQueryCheck } from './check-query.js';

/** What a query compiler of Kysely gives, as far as it is used here. */
interface Compiled {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}
interface Compiler<A extends readonly never[], C extends Compiled> {
  compileQuery(...parts: A): C;
}

/** A dialect of Kysely, by its shape: this package does not depend on Kysely. */
export interface KyselyDialectLike {
  createQueryCompiler(): Compiler<never[], Compiled>;
}

/**
 * The same dialect for Kysely 0.28, which refuses to build what `guardDatabase` refuses to send: `compile()` and
 * `execute()` throw, raw `sql` included.
 * @throws SafekeepError from `compile` and `execute`: ERR_SEALED_QUERY
 * @example
 * const db = new Kysely<Tables>({ dialect: guardKyselyDialect(new PostgresDialect({ pool }), policy) });
 * db.selectFrom('customers').select('id').orderBy('email').compile();   // ERR_SEALED_QUERY
 */
export function guardKyselyDialect<D extends KyselyDialectLike>(dialect: D, policy: Policy): D {
  const check = createQueryCheck(policy);
  return new Proxy(dialect, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (property !== 'createQueryCompiler') return value.bind(target) as unknown;
      return () => {
        const compiler = target.createQueryCompiler();
        const compileQuery = compiler.compileQuery.bind(compiler);
        compiler.compileQuery = (...parts) => {
          const compiled = compileQuery(...parts);
          check(compiled.sql, compiled.parameters);
          return compiled;
        };
        return compiler;
      };
    },
  });
}
