import type { Clock } from '../../base/clock.js';
import type { Database } from '../../base/ports/database.js';

/**
 * The database, asked so slowly that `rows()` rises by no more than `rowsPerSecond`. It waits before a batch is read,
 * not between reading and writing, when somebody else could change its rows.
 */
export function paced(database: Database, clock: Clock, rowsPerSecond: number, rows: () => number): Database {
  const [startMs, startRows] = [clock.nowMs(), rows()];
  return {
    ...database,
    query: async (sql, values) => {
      const dueMs = startMs + ((rows() - startRows) * 1000) / rowsPerSecond;
      await clock.wait(dueMs - clock.nowMs());
      return await database.query(sql, values);
    },
  };
}
