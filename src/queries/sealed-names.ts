import type { Policy, ResolvedTable } from '../policy/index.js';

/** What the database itself knows nothing of: which of its columns hold sealed values, and which blind indexes. */
export interface SealedColumn {
  readonly table: string;
  readonly name: string;
  readonly holds: 'sealed' | 'index';
  /** The blind index to look it up by, where it has one of its own. */
  readonly index?: string | undefined;
}
export type SealedNames = ReadonlyMap<string, ReadonlyMap<string, SealedColumn>>;

/** Sealed columns and blind indexes of every declared table, by table and column. */
export function sealedNames(policy: Policy): SealedNames {
  return new Map([...policy.resolved.tables.values()].map((table) => [table.name, columnsOf(table)]));
}

function columnsOf(table: ResolvedTable): ReadonlyMap<string, SealedColumn> {
  const columns = new Map<string, SealedColumn>();
  const sealed = table.sealedRow === undefined ? ownColumns(table) : [{ name: table.sealedRow }];
  for (const column of sealed) columns.set(column.name, { table: table.name, holds: 'sealed', ...column });
  for (const { column } of table.indexes) columns.set(column, { table: table.name, name: column, holds: 'index' });
  return columns;
}

function ownColumns(table: ResolvedTable): readonly { readonly name: string; readonly index?: string | undefined }[] {
  return [...table.columns.values()]
    .filter(({ atRest }) => atRest === 'sealed')
    .map(({ name, index }) => ({ name, index: index?.column }));
}
