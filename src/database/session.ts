import type pg from 'pg';
import { SafekeepError } from '../base/errors.js';
import type { Queryable, Row } from '../base/ports/database.js';
import { Secret } from '../base/secret.js';
import { fromDriver } from './driver-errors.js';
import type { Statements } from './statements.js';

/** One connection of the pool, for as long as one piece of work has it. */
export interface Session extends Queryable {
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  release(): void;
}

export function openSession(client: pg.PoolClient, statements: Statements): Session {
  // A connection that dies between two queries says so by an event; without a listener that ends the process.
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);

  async function run<T extends Row>(sql: string, values?: readonly unknown[]): Promise<pg.QueryResult<T>> {
    if (values === undefined) return client.query<T>(sql);
    if (values.some(Secret.isSecret))
      throw new SafekeepError('ERR_DATABASE_SECRET', { parameter: values.findIndex(Secret.isSecret) + 1 });
    const name = statements.nameFor(sql);
    return client.query<T>({ text: sql, values: [...values], ...(name === undefined ? {} : { name }) });
  }

  async function query<T extends Row>(
    sql: string,
    values: readonly unknown[] | undefined,
    mayRepeat: boolean,
  ): Promise<readonly T[]> {
    try {
      return (await run<T>(sql, values)).rows;
    } catch (error) {
      // A table changed under a prepared `select *`. Nothing ran; with a new name the server plans it anew.
      if ((error as { code?: unknown }).code === stalePlan && values !== undefined) {
        statements.forget(sql);
        if (mayRepeat) return query(sql, values, false);
      }
      throw fromDriver(error);
    }
  }

  function queryable(mayRepeat: boolean, check: () => void): Queryable {
    return {
      query: async (sql, values) => {
        check();
        return query(sql, values, mayRepeat);
      },
      one: async <T extends Row>(sql: string, values?: readonly unknown[]) => {
        check();
        const rows = await query<T>(sql, values, mayRepeat);
        const [row] = rows;
        if (row === undefined) throw new SafekeepError('ERR_ROW_NOT_FOUND');
        if (rows.length > 1) throw new SafekeepError('ERR_ROW_NOT_UNIQUE', { rows: rows.length });
        return row;
      },
    };
  }

  async function command(sql: string): Promise<string> {
    try {
      return (await client.query(sql)).command;
    } catch (error) {
      throw fromDriver(error);
    }
  }

  async function transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    let over = false;
    const tx = queryable(false, () => {
      // Its connection may already serve another request.
      if (over) throw new SafekeepError('ERR_TRANSACTION_OVER');
    });
    await command('begin');
    let result: T;
    try {
      result = await work(Object.freeze(tx));
    } catch (error) {
      over = true;
      // If the rollback fails too, the connection is thrown away, and the server rolls back by itself.
      await command('rollback').catch((failed: Error) => {
        broken ??= failed;
      });
      throw error;
    }
    over = true;
    // After a failed statement that the work swallowed, PostgreSQL answers COMMIT with ROLLBACK, and no error.
    if ((await command('commit')) !== 'COMMIT') throw new SafekeepError('ERR_TRANSACTION_ROLLED_BACK');
    return result;
  }

  return {
    ...queryable(true, () => undefined),
    transaction,
    release: () => {
      client.off('error', onError);
      client.release(broken ?? false);
    },
  };
}

/** feature_not_supported: "cached plan must not change result type". */
const stalePlan = '0A000';
