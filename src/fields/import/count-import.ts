import type { Database } from '../../base/ports/database.js';
import { quoted } from '../../database/catalogue.js';
import { withoutTimeout } from '../rotation/whole-table.js';
import type { ImportColumn, ImportTable } from './import-tables.js';

export interface ImportCounts {
  readonly column: string;
  /** Rows with a plaintext that nothing sealed stands for yet. */
  readonly pending: number;
  /** Rows with a plaintext, sealed or not: what is still to be taken away. */
  readonly plaintext: number;
  /** Rows with something sealed. Of a sealed row: whatever is in it. */
  readonly sealed: number;
}

/** Counts in one pass over the table; opens nothing, and no value leaves the database. */
export async function countImport(database: Database, table: ImportTable): Promise<readonly ImportCounts[]> {
  const counts = table.columns.flatMap((column, at) => {
    const { plaintext, sealed } = conditions(table, column);
    return [
      `count(*) filter (where ${plaintext} and not (${column.inPlace ? 'false' : sealed})) as pending${at}`,
      `count(*) filter (where ${plaintext}) as plaintext${at}`,
      `count(*) filter (where ${sealed}) as sealed${at}`,
    ];
  });
  const row = await withoutTimeout(database, (tx) =>
    tx.one<Record<string, string>>(`select ${counts.join(', ')} from ${quoted(table.name)}`),
  );
  return table.columns.map(({ name }, at) => ({
    column: name,
    pending: Number(row[`pending${at}`]),
    plaintext: Number(row[`plaintext${at}`]),
    sealed: Number(row[`sealed${at}`]),
  }));
}

/** What says in SQL that a row holds a plaintext, and that it holds something sealed. */
export function conditions(
  { sealedRow }: ImportTable,
  { name, source, inPlace, sourceExists }: ImportColumn,
): { readonly plaintext: string; readonly sealed: string } {
  const column = quoted(name);
  if (inPlace) {
    return {
      plaintext: `${column} is not null and not starts_with(${column}, 'sf1.')`,
      sealed: `${column} is not null and starts_with(${column}, 'sf1.')`,
    };
  }
  return {
    plaintext: sourceExists ? `${quoted(source)} is not null` : 'false',
    sealed: `${quoted(sealedRow ?? name)} is not null`,
  };
}
