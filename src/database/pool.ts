import type pg from 'pg';
import { SafekeepError } from '../base/errors.js';
import { loadPeer } from '../base/peer.js';
import type { Database } from '../base/ports/database.js';
import { liveColumns } from './columns.js';
import { fromDriver } from './driver-errors.js';
import { openSession, type Session } from './session.js';
import { createStatements } from './statements.js';

export interface PoolSettings {
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  /** 0: no limit. */
  readonly statementTimeoutMs: number;
  readonly namedStatements: boolean;
}

/** The Database port over a pool of `pg`, which is loaded by the first query. */
export function createPool(address: pg.ClientConfig, read: PoolSettings): Database {
  const statements = createStatements(read.namedStatements ? 500 : 0);
  let pool: Promise<pg.Pool> | undefined;
  let closed = false;

  function connections(): Promise<pg.Pool> {
    if (closed) throw new SafekeepError('ERR_DATABASE_UNAVAILABLE');
    pool ??= loadPeer('pg', async () => (await import('pg')).default).then((driver) => {
      const made = new driver.Pool({
        ...address,
        max: read.maxConnections,
        connectionTimeoutMillis: read.connectTimeoutMs,
        statement_timeout: read.statementTimeoutMs === 0 ? false : read.statementTimeoutMs,
        types: {
          getTypeParser: ((oid: number, format?: 'text') =>
            oid === dateOid
              ? String
              : driver.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
        },
      });
      // An idle connection that dies is replaced by the pool; without a listener it would end the process.
      made.on('error', () => undefined);
      return made;
    });
    return pool;
  }

  async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = openSession(
      await (await connections()).connect().catch((error: unknown) => {
        throw fromDriver(error);
      }),
      statements,
    );
    try {
      return await work(session);
    } finally {
      session.release();
    }
  }

  const database: Database = {
    query: (sql, values) => withSession((session) => session.query(sql, values)),
    one: (sql, values) => withSession((session) => session.one(sql, values)),
    transaction: (work) => withSession((session) => session.transaction(work)),
    columns: () => withSession(liveColumns),
    close: async () => {
      closed = true;
      await (await pool?.catch(() => undefined))?.end();
      pool = undefined;
    },
  };
  return Object.freeze(database);
}

const dateOid = 1082;
