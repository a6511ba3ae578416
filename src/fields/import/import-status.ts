import { readOptions } from '../../base/options.js';
import { countImport, type ImportCounts } from './count-import.js';
import { type ImportState, statesOf } from './import-state.js';
import { type ImportOptions, importShape, isOver, openImport } from './import-walk.js';

export interface ImportColumnStatus extends ImportCounts {
  readonly table: string;
  /** The column that holds the plaintext; the column itself where it is replaced in place. */
  readonly source: string;
  /** `none`: the import has not begun. */
  readonly state: ImportState | 'none';
  /** The last day on which plaintext is taken, YYYY-MM-DD. */
  readonly until: string;
  readonly over: boolean;
}

export interface ImportStatus {
  readonly columns: readonly ImportColumnStatus[];
  /** Plaintexts that nothing sealed stands for. */
  readonly pending: number;
  /** Plaintexts in the tables, sealed or not. */
  readonly plaintext: number;
}

/**
 * Counts how far an import is: by column, what is sealed and what stands in the clear. It opens nothing and changes
 * nothing; what begins like a sealed value counts as one.
 * @throws SafekeepError ERR_IMPORT_COLUMN, ERR_OPTION_INVALID, ERR_POLICY_TABLE; what the database throws
 * @example
 * const { pending } = await importStatus({ database, fields });
 */
export async function importStatus(options: ImportOptions): Promise<ImportStatus> {
  const context = await openImport('importStatus', readOptions('importStatus', importShape, options), true);
  const columns: ImportColumnStatus[] = [];
  for (const table of context.tables) {
    const states = await statesOf(context.database, table);
    const counts = await countImport(context.database, table);
    for (const { name, source, until } of table.columns) {
      const own = counts.find(({ column }) => column === name) as ImportCounts;
      const over = isOver(until, context.options.clock);
      columns.push(
        Object.freeze({ table: table.name, source, state: states.get(name) ?? ('none' as const), until, over, ...own }),
      );
    }
  }
  return Object.freeze({
    columns,
    pending: columns.reduce((sum, { pending }) => sum + pending, 0),
    plaintext: columns.reduce((sum, { plaintext }) => sum + plaintext, 0),
  });
}
