import type { Database } from '../../base/ports/database.js';
import { walkTable } from '../../database/index.js';
import { failureBook } from './failures.js';
import type { IndexedTable } from './indexed-tables.js';
import { countingAll } from './whole-table.js';

/** Rows of one index column by the key that made what they hold. */
export interface IndexKeys {
  readonly table: string;
  readonly column: string;
  /** Most rows first. */
  readonly keys: readonly { readonly keyId: number; readonly rows: number }[];
  /** Rows whose index none of the keys that the ring still opens with has made, or that no longer fits their value. */
  readonly unknown: number;
  /** Rows of which nothing can be said, because their value does not open. */
  readonly unopened: number;
  readonly nulls: number;
  /** Rows whose index would be written as another one now. */
  readonly stale: number;
}

interface Counted {
  readonly keys: Map<number, number>;
  unknown: number;
  unopened: number;
  nulls: number;
  stale: number;
}

/** Opens every row: an index names no key, so its key is the one under which the value gives it. */
export async function countIndexes(database: Database, table: IndexedTable): Promise<readonly IndexKeys[]> {
  const counts = new Map<string, Counted>();
  for (const { column } of table.indexes)
    counts.set(column, { keys: new Map(), unknown: 0, unopened: 0, nulls: 0, stale: 0 });
  const names = [...counts.keys()];
  const book = failureBook(table.name);
  await walkTable({
    // A row that a policy of the database hides, or a time limit cuts off, would be counted as one that is not there.
    database: { ...database, query: (sql, values) => countingAll(database, (tx) => tx.query(sql, values)) },
    table: table.name,
    key: table.rowKey,
    columns: [...names, ...table.from],
    change(row) {
      for (const [column, counted] of counts) {
        const stored = row[column] ?? null;
        try {
          const look = table.look(row, column);
          if (look !== null && look.now !== stored) counted.stale += 1;
          if (stored === null) counted.nulls += 1;
          else if (look === null || look.keyId === null) counted.unknown += 1;
          else counted.keys.set(look.keyId, (counted.keys.get(look.keyId) ?? 0) + 1);
        } catch (error) {
          book.add(column, error);
          if (stored === null) counted.nulls += 1;
          else counted.unopened += 1;
        }
      }
      return undefined;
    },
  });
  return [...counts].map(([column, { keys, ...counted }]) =>
    Object.freeze({
      table: table.name,
      column,
      keys: [...keys].map(([keyId, rows]) => ({ keyId, rows })).sort((a, b) => b.rows - a.rows || a.keyId - b.keyId),
      ...counted,
    }),
  );
}
