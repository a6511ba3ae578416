import { readOptions } from '../../base/options.js';
import type { WalkedChange, WalkedRow } from '../../database/index.js';
import { type IndexDuplicate, unlessDuplicate } from '../duplicates.js';
import { countImport } from './count-import.js';
import { guardImport } from './import-guard.js';
import { type ImportRows, importRowsOf } from './import-row.js';
import { assertState, beginImport, setState } from './import-state.js';
import type { ImportTable } from './import-tables.js';
import {
  assertNotOver,
  type Fail,
  type ImportContext,
  type ImportFailure,
  type ImportOptions,
  importShape,
  openImport,
  walkImport,
} from './import-walk.js';
import { looksSealed } from './sealed-look.js';

export interface ImportedTable {
  readonly table: string;
  readonly passes: number;
  readonly seen: number;
  readonly changed: number;
  readonly lost: number;
  /** Plaintexts that nothing sealed stands for, counted at the end: refused ones, and those written behind the walk. */
  readonly left: number;
  /** Rows that a unique index refused; the first hundred are listed in the report. */
  readonly duplicates: number;
}

export interface ImportReport {
  readonly tables: readonly ImportedTable[];
  readonly changed: number;
  /** Zero: every plaintext has its sealed value. Old versions that still write need another run. */
  readonly left: number;
  readonly failures: readonly ImportFailure[];
  readonly duplicates: readonly IndexDuplicate[];
  /** False: the signal ended it early. */
  readonly complete: boolean;
}

/**
 * Seals what stands in the clear, or was sealed by another library, while the application goes on. Columns say in the
 * policy where their plaintext is (`importedFrom`). Where that is another column, it stays: the sealed value is filled
 * in beside it, under a trigger that takes a sealed value away when an old version of the application writes the
 * plaintext. Where it is the column itself, it is replaced. Both compare the plaintext as they write, so whoever changed
 * a row meanwhile keeps the change. What is done is told from the rows themselves: after a crash at any point, kill -9
 * included, the same call goes on; several processes may run it at once. Applies the migrations of the schema `safekeep`.
 *
 * It does NOT take the plaintext away (`confirmImport` does), and it does NOT know whether what it finds is true: who
 * may write plaintext into the table before the last day has it sealed.
 * @throws SafekeepError ERR_IMPORT_COLUMN listing what stands in the way, ERR_IMPORT_OVER, ERR_IMPORT_STATE once it is
 * confirmed; ERR_OPTION_INVALID for fields without a policy; ERR_POLICY_TABLE, ERR_WALK_KEY, ERR_KEY_RING_CLOSED;
 * ERR_DATABASE with sqlState 42501 for a role that does not own the tables; what the database throws. ASVS 5.0 V14.2.4.
 * @example
 * const report = await importFields({ database, fields });
 * if (report.left === 0) await verifyImport({ database, fields });
 */
export async function importFields(options: ImportOptions): Promise<ImportReport> {
  const context = await openImport('importFields', readOptions('importFields', importShape, options));
  assertNotOver(context);
  for (const table of context.tables)
    await assertState(context.database, table, ['none', 'importing', 'verified', 'confirming', 'reverted']);
  const tables: ImportedTable[] = [];
  const failures: ImportFailure[] = [];
  const duplicates: IndexDuplicate[] = [];
  let complete = true;
  for (const table of context.tables) {
    const done = await importTable(context, table);
    tables.push(Object.freeze(done.table));
    failures.push(...done.failures);
    duplicates.push(...done.duplicates);
    complete &&= done.complete;
  }
  return Object.freeze({
    tables,
    changed: tables.reduce((sum, { changed }) => sum + changed, 0),
    left: tables.reduce((sum, { left }) => sum + left, 0),
    failures,
    duplicates,
    complete,
  });
}

async function importTable(context: ImportContext, table: ImportTable) {
  const { database, known } = context;
  const rows = importRowsOf(known);
  await beginImport(database, table);
  await guardImport(database, table);
  const duplicates = unlessDuplicate(database, table);
  let readAsNull = 0;
  const { passes, seen, changed, lost, failures, complete } = await walkImport(context, table, {
    work: 'seal',
    database: duplicates.database,
    hopeless: duplicates.count,
    onPass: () => {
      duplicates.clear();
      readAsNull = 0;
    },
    async change(row, fail) {
      const read = await readRow(rows, table, row, fail);
      readAsNull += read.nulls;
      const stored = storedFor(rows, table, row, read, fail);
      if (stored !== undefined) duplicates.expect(row, stored);
      return stored;
    },
  });
  if (changed > 0) await setState(database, table, ['verified'], 'importing');
  const pending = (await countImport(database, table)).reduce((sum, counts) => sum + counts.pending, 0);
  const refused = duplicates.count();
  const left = Math.max(0, pending - readAsNull);
  return {
    table: { table: table.name, passes, seen, changed, lost: lost - refused, left, duplicates: refused },
    failures,
    duplicates: await duplicates.found(),
    complete,
  };
}

interface ReadRow {
  /** What is to be sealed, by column; with its nulls where rows are sealed whole. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Columns whose plaintext is replaced in place, and stands for a null in the other library's format. */
  readonly emptied: readonly string[];
  /** Plaintexts beside a sealed column that stand for a null: nothing will ever be sealed for them. */
  readonly nulls: number;
  readonly failed: boolean;
}

async function readRow(rows: ImportRows, table: ImportTable, row: WalkedRow, fail: Fail): Promise<ReadRow> {
  const values = new Map<string, unknown>();
  const emptied: string[] = [];
  let [nulls, failed] = [0, false];
  for (const column of table.columns) {
    const { name, source, inPlace } = column;
    if (!inPlace && (row[table.sealedRow ?? name] ?? null) !== null) continue;
    try {
      const value = await rows.plain(table, column, row);
      if (value !== null || table.sealedRow !== undefined) values.set(name, value);
      if (value !== null || (row[source] ?? null) === null) continue;
      if (!inPlace) nulls += 1;
      else if (!looksSealed(row[source] ?? '')) emptied.push(name);
    } catch (error) {
      fail(name, error);
      failed = true;
    }
  }
  return { values, emptied, nulls, failed };
}

/** What is written into a row; undefined when there is nothing to seal in it. */
function storedFor(
  rows: ImportRows,
  table: ImportTable,
  row: WalkedRow,
  { values, emptied, failed }: ReadRow,
  fail: Fail,
): WalkedChange | undefined {
  // An index over several columns, or a sealed row, of which a part is missing would be wrong for ever after.
  if (failed && (table.sealedRow !== undefined || table.indexes.some(({ of }) => of.length > 1))) return undefined;
  try {
    const cleared = Object.fromEntries(emptied.map((name) => [name, null]));
    if ([...values.values()].some((value) => value !== null))
      return { ...(rows.seal(table, row, values) as WalkedChange), ...cleared };
    if (emptied.length > 0) return cleared;
    return isWithoutIndex(table, row) ? ((rows.staleIndexes(table, row) ?? undefined) as WalkedChange) : undefined;
  } catch (error) {
    fail([...values.keys()][0] ?? table.columns[0]?.name ?? '', error);
    return undefined;
  }
}

/** An index that was declared after its columns had been sealed, or that a new plaintext took away. */
function isWithoutIndex({ indexes, sealedRow }: ImportTable, row: WalkedRow): boolean {
  const isSealed = (name: string): boolean => looksSealed(row[sealedRow ?? name] ?? '');
  return indexes.some(({ column, of }) => (row[column] ?? null) === null && of.every(isSealed));
}
