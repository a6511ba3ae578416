import type { Database } from '../../base/ports/database.js';
import { type WalkProgress, walkTable } from '../../database/index.js';
import { type IndexDuplicate, unlessDuplicate } from '../duplicates.js';
import { failureBook, type RotationFailure } from './failures.js';
import type { IndexedTable } from './indexed-tables.js';

/** What became of the blind indexes of one table. */
export interface RotatedIndexes {
  readonly passes: number;
  readonly seen: number;
  /** Rows whose indexes were written. */
  readonly changed: number;
  readonly lost: number;
  /** Rows that a unique index refused: another row has their value. They keep the index they had. */
  readonly duplicates: number;
}

export interface IndexWalk {
  /** Perhaps a slow one; `pass` is told before each pass. */
  readonly database: Database;
  readonly batchRows: number;
  readonly readAhead?: boolean | undefined;
  readonly after?: readonly string[] | undefined;
  readonly until?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: WalkProgress, pass: number) => void) | undefined;
}

export interface IndexesReport {
  readonly indexes: RotatedIndexes;
  readonly failures: readonly RotationFailure[];
  readonly duplicates: readonly IndexDuplicate[];
  readonly complete: boolean;
}

/** Far more than two writers of one row ever need. */
const mostPasses = 20;

/**
 * Computes the indexes of every row from its sealed values, under the key and the version that new rows are indexed
 * with, and writes those that differ while the row holds the sealed values that were opened: equal indexes do repeat,
 * equal sealed values do not. Look-ups ask for both keys meanwhile, so no row is missed at any time.
 */
export async function rotateIndexes(table: IndexedTable, walk: IndexWalk): Promise<IndexesReport> {
  const { database, onProgress, signal, ...rest } = walk;
  const names = table.indexes.map(({ column }) => column);
  const unique = unlessDuplicate(database, table);
  let sums = { passes: 0, seen: 0, changed: 0, lost: 0 };
  let book = failureBook(table.name);
  let isDue = true;
  let contended = 0;
  let complete = false;
  while (isDue && sums.passes < mostPasses && signal?.aborted !== true) {
    const pass = sums.passes + 1;
    book = failureBook(table.name);
    unique.clear();
    const report = await walkTable({
      ...rest,
      database: unique.database,
      table: table.name,
      key: table.rowKey,
      columns: [...names, ...table.from],
      compare: [...names, ...table.from],
      change(row) {
        const changes: Record<string, string | null> = {};
        for (const name of names) {
          try {
            const look = table.look(row, name);
            if (look !== null && look.now !== (row[name] ?? null)) changes[name] = look.now;
          } catch (error) {
            book.add(name, error);
          }
        }
        unique.expect(row, changes);
        return changes;
      },
      signal,
      onProgress: (progress) => onProgress?.(progress, pass),
    });
    sums = {
      passes: pass,
      seen: sums.seen + report.seen,
      changed: sums.changed + report.changed,
      lost: sums.lost + report.lost - unique.count(),
    };
    contended = report.lost - unique.count();
    complete = report.complete;
    isDue = complete && contended > 0;
  }
  // Somebody writes these rows faster than they are read.
  if (isDue && complete) book.count(names[0] as string, 'ERR_ROW_CONTENDED', contended);
  const duplicates = await unique.found();
  for (const index of new Set(duplicates.map((duplicate) => duplicate.index)))
    book.count(index, 'ERR_DATABASE_UNIQUE', duplicates.filter((duplicate) => duplicate.index === index).length);
  return {
    indexes: Object.freeze({ ...sums, duplicates: unique.count() }),
    failures: book.failures(),
    duplicates,
    complete: complete && signal?.aborted !== true,
  };
}
