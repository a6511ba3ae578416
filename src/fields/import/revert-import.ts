import { SafekeepError } from '../../base/errors.js';
import { nameOf } from '../../base/names.js';
import { readOptions } from '../../base/options.js';
import type { WalkedChange } from '../../database/index.js';
import { type ComparedRow, compareRow } from './compare-row.js';
import { countImport } from './count-import.js';
import { endGuard } from './import-guard.js';
import { importRowsOf } from './import-row.js';
import { assertState, setState } from './import-state.js';
import type { ImportTable } from './import-tables.js';
import {
  type Fail,
  type ImportFailure,
  type ImportOptions,
  importShape,
  openImport,
  walkImport,
} from './import-walk.js';
import { formatPlain } from './plaintext.js';

export interface RevertReport {
  readonly tables: readonly { readonly table: string; readonly changed: number; readonly sealed: number }[];
  /** Sealed values that are left. Zero: the tables are as they were, and the import may begin anew or be given up. */
  readonly left: number;
  readonly failures: readonly ImportFailure[];
  readonly complete: boolean;
}

/**
 * Takes an import back, as long as it is not confirmed. Where the sealed value is the newer one, or the plaintext is
 * gone, the opened value is written into the plaintext column; then sealed values and indexes go. Nothing is lost on the
 * way: each row changes in one statement that compares what it replaces. Stop the versions that write sealed values
 * first, or they go on.
 *
 * It does NOT write another library's format: a value that a reader has read and whose original is gone stays sealed,
 * and is counted in `failures` as ERR_IMPORT_STATE.
 * @throws SafekeepError ERR_IMPORT_STATE once it is confirmed, and as `importFields`
 * @example
 * const { left } = await revertImport({ database, fields });
 */
export async function revertImport(options: ImportOptions): Promise<RevertReport> {
  const context = await openImport('revertImport', readOptions('revertImport', importShape, options));
  const { database } = context;
  for (const table of context.tables)
    await assertState(database, table, ['importing', 'verified', 'confirming', 'reverted']);
  const rows = importRowsOf(context.known);
  const tables: { readonly table: string; readonly changed: number; readonly sealed: number }[] = [];
  const failures: ImportFailure[] = [];
  let complete = true;
  for (const table of context.tables) {
    const done = await walkImport(context, table, {
      work: 'revert',
      async change(row, fail) {
        const compared = await compareRow(rows, table, row, fail);
        if ([...compared.standings.values()].every((standing) => standing === 'failed')) return undefined;
        if (!rows.holdsOthers(table, row)) return reverted(table, compared, fail);
        fail(table.columns[0]?.name ?? '', sealedFor(table, table.columns[0]?.name ?? ''));
        return undefined;
      },
    });
    const sealed = (await countImport(database, table)).reduce((sum, counts) => sum + counts.sealed, 0);
    if (sealed === 0 && done.complete) {
      await database.transaction(async (tx) => {
        await endGuard(tx, table);
        await setState(tx, table, ['importing', 'verified', 'confirming'], 'reverted');
      });
    }
    tables.push(Object.freeze({ table: table.name, changed: done.changed, sealed }));
    failures.push(...done.failures);
    complete &&= done.complete;
  }
  return Object.freeze({ tables, left: tables.reduce((sum, { sealed }) => sum + sealed, 0), failures, complete });
}

function reverted(table: ImportTable, { standings, sealed }: ComparedRow, fail: Fail): WalkedChange | undefined {
  const change: Record<string, string | null> = {};
  for (const { name, source, type, inPlace, reader } of table.columns) {
    const standing = standings.get(name);
    // Of a sealed row that cannot be taken apart no part may go.
    if (standing === 'failed') {
      if (table.sealedRow !== undefined) return undefined;
      continue;
    }
    if (!sealed.has(name)) continue;
    if (standing === 'differs' || standing === 'alone') {
      const value = sealed.get(name) ?? null;
      if (reader !== undefined && value !== null) {
        fail(name, sealedFor(table, name));
        if (table.sealedRow !== undefined) return undefined;
        continue;
      }
      change[source] = value === null ? null : formatPlain(value, type);
    }
    if (!inPlace) change[table.sealedRow ?? name] = null;
    for (const { column, of } of table.indexes)
      if (table.sealedRow !== undefined || of.includes(name)) change[column] = null;
  }
  return change;
}

/** What is sealed here came after the import and cannot be written back. */
function sealedFor(table: ImportTable, column: string): SafekeepError {
  return new SafekeepError('ERR_IMPORT_STATE', { place: nameOf(`${table.name}.${column}`), state: nameOf('sealed') });
}
