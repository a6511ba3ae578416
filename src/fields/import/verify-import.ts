import { readOptions } from '../../base/options.js';
import { compareRow, type Standing } from './compare-row.js';
import { importRowsOf } from './import-row.js';
import { assertState, setState } from './import-state.js';
import type { ImportTable } from './import-tables.js';
import {
  type ImportContext,
  type ImportFailure,
  type ImportOptions,
  importShape,
  openImport,
  walkImport,
} from './import-walk.js';

export interface VerifiedColumn {
  readonly table: string;
  readonly column: string;
  /** Rows whose sealed value was opened and is the plaintext. */
  readonly equal: number;
  /** Rows whose sealed value was opened and has no plaintext beside it: sealed in place, or written sealed. */
  readonly alone: number;
  /** Rows with a plaintext that nothing sealed stands for. */
  readonly pending: number;
  /** Rows whose sealed value is another one than the plaintext. */
  readonly differs: number;
  /** Rows of which one or the other could not be read. */
  readonly failed: number;
}

export interface ImportVerification {
  readonly columns: readonly VerifiedColumn[];
  /** Rows whose blind indexes are not those of their values. */
  readonly staleIndexes: number;
  /** Keys of the first twenty rows that differ. */
  readonly differing: readonly { readonly table: string; readonly key: readonly string[] }[];
  readonly failures: readonly ImportFailure[];
  /** Nothing pending, nothing different, everything opened, every index right: `confirmImport` may be called. */
  readonly verified: boolean;
  readonly complete: boolean;
}

const mostListed = 20;

/**
 * Opens every sealed value and compares it with its plaintext, reads every foreign value anew, and computes every blind
 * index again. Nothing is written but the state: with zero differences `confirmImport` may follow.
 *
 * Of what was replaced in place there is nothing left to compare with: it was opened and compared before it was written,
 * and is opened here.
 * @throws SafekeepError ERR_IMPORT_STATE before the import began or once it is confirmed, and as `importFields`
 * @example
 * const { verified, columns } = await verifyImport({ database, fields });
 */
export async function verifyImport(options: ImportOptions): Promise<ImportVerification> {
  const context = await openImport('verifyImport', readOptions('verifyImport', importShape, options));
  for (const table of context.tables)
    await assertState(context.database, table, ['importing', 'verified', 'confirming']);
  const columns: VerifiedColumn[] = [];
  const failures: ImportFailure[] = [];
  const differing: { readonly table: string; readonly key: readonly string[] }[] = [];
  let [staleIndexes, complete, verified] = [0, true, true];
  for (const table of context.tables) {
    const found = await verifyTable(context, table);
    columns.push(...found.columns);
    failures.push(...found.failures);
    differing.push(...found.differing);
    staleIndexes += found.staleIndexes;
    complete &&= found.complete;
    verified &&= found.verified;
    if (found.verified) await setState(context.database, table, ['importing'], 'verified');
    else if (found.complete) await setState(context.database, table, ['verified'], 'importing');
  }
  const listed = differing.slice(0, mostListed);
  return Object.freeze({ columns, staleIndexes, differing: listed, failures, verified, complete });
}

async function verifyTable(context: ImportContext, table: ImportTable) {
  const rows = importRowsOf(context.known);
  const counts = new Map(table.columns.map(({ name }) => [name, new Map<Standing, number>()]));
  const differing: { readonly table: string; readonly key: readonly string[] }[] = [];
  let staleIndexes = 0;
  const { failures, complete } = await walkImport(context, table, {
    work: 'verify',
    async change(row, fail) {
      const { standings } = await compareRow(rows, table, row, fail);
      for (const [name, standing] of standings) {
        const of = counts.get(name);
        of?.set(standing, (of.get(standing) ?? 0) + 1);
      }
      const all = [...standings.values()];
      if (all.includes('differs') && differing.length < mostListed)
        differing.push({ table: table.name, key: table.rowKey.map((part) => row[part] ?? '') });
      // Of a row that is not sealed or does not open there is no index to speak of.
      const isSealed = all.some((own) => own === 'equal' || own === 'alone') && !all.includes('failed');
      if (isSealed && !all.includes('pending') && rows.staleIndexes(table, row) !== null) staleIndexes += 1;
      return undefined;
    },
  });
  const columns = table.columns.map(({ name: column }): VerifiedColumn => {
    const of = (standing: Standing): number => counts.get(column)?.get(standing) ?? 0;
    const [equal, alone, pending] = [of('equal'), of('alone'), of('pending')];
    return Object.freeze({
      ...{ table: table.name, column, equal, alone, pending },
      differs: of('differs'),
      failed: of('failed'),
    });
  });
  const isClean = columns.every(({ pending, differs, failed }) => pending + differs + failed === 0);
  return { columns, failures, differing, staleIndexes, complete, verified: complete && isClean && staleIndexes === 0 };
}
