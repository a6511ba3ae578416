import { SafekeepError } from '../../base/errors.js';
import { nameOf, nearest, type Statement, say } from '../../base/names.js';
import type { Queryable } from '../../base/ports/database.js';
import type { ForeignReader } from '../../base/ports/foreign-reader.js';
import { quoted } from '../../database/catalogue.js';
import type { ValueType } from '../../envelope/index.js';
import type { Policy, ResolvedColumn, ResolvedTable } from '../../policy/index.js';
import type { IndexRule } from '../../policy/rules.js';
import { baseType, canImport } from './plaintext.js';

/** A sealed column and where its plaintext stands. */
export interface ImportColumn {
  readonly name: string;
  readonly type: ValueType;
  /** The column that holds the plaintext. */
  readonly source: string;
  /** The plaintext stands in the sealed column itself. */
  readonly inPlace: boolean;
  readonly until: string;
  /** False: it was dropped when the import was confirmed. */
  readonly sourceExists: boolean;
  /** The plaintext column's SQL type without its modifiers. */
  readonly sqlType: string;
  readonly reader: ForeignReader | undefined;
  /** Its number, where rows are sealed whole. */
  readonly field: number | undefined;
}

export interface ImportTable {
  readonly name: string;
  readonly resolved: ResolvedTable;
  readonly rowKey: readonly string[];
  /** Columns of the row key that hold bytes. */
  readonly bytesKey: ReadonlySet<string>;
  readonly columns: readonly ImportColumn[];
  /** The column of the sealed row, where rows are sealed whole. */
  readonly sealedRow: string | undefined;
  /** Indexes over an imported column; where rows are sealed whole, every one. */
  readonly indexes: readonly IndexRule[];
  /** Sealed columns of their own that an index is computed from together with an imported one. */
  readonly beside: readonly ResolvedColumn[];
  /** The column whose text is the tenant that values are sealed for. */
  readonly tenant: string | undefined;
}

export interface ImportChoice {
  readonly only?: readonly string[] | undefined;
  readonly readers: Readonly<Record<string, ForeignReader>>;
  /** Whether plaintext columns may be gone: for what only counts. */
  readonly afterwards?: boolean;
}

interface Live {
  readonly [column: string]: unknown;
  readonly name: string;
  readonly type: string;
  readonly mandatory: boolean;
  readonly generated: boolean;
}

/**
 * The tables of the policy that have columns to import, held against the live database.
 * @throws SafekeepError ERR_IMPORT_COLUMN listing everything that stands in the way; ERR_POLICY_TABLE
 */
export async function importTables(
  database: Queryable,
  policy: Policy,
  choice: ImportChoice,
): Promise<readonly ImportTable[]> {
  const all = [...policy.resolved.tables.values()];
  for (const name of choice.only ?? []) policy.table(name);
  const problems: Statement[] = [];
  const tables: ImportTable[] = [];
  for (const table of all) {
    const imported = [...table.columns.values()].filter(({ importedFrom }) => importedFrom !== undefined);
    const isNamed = choice.only?.includes(table.name) ?? false;
    if (imported.length === 0 && isNamed) problems.push(say`${nameOf(table.name)}: no column says importedFrom`);
    if (imported.length > 0 && (choice.only === undefined || isNamed))
      tables.push(await importTable(database, table, imported, choice, problems));
  }
  if (tables.length === 0 && problems.length === 0) problems.push(say`no column of the policy says importedFrom`);
  unknownNames(all, choice, problems);
  if (problems.length > 0) throw new SafekeepError('ERR_IMPORT_COLUMN', { count: problems.length, problems });
  return tables;
}

/** A misspelt name would leave the reader unused, and seal the other library's ciphertext as if it were the value. */
function unknownNames(all: readonly ResolvedTable[], { readers }: ImportChoice, problems: Statement[]): void {
  const places = all.flatMap(({ name, columns }) =>
    [...columns.values()].filter(({ importedFrom }) => importedFrom !== undefined).map((own) => `${name}.${own.name}`),
  );
  for (const name of Object.keys(readers).filter((own) => !places.includes(own))) {
    const near = nearest(name, places);
    const hint = near === undefined ? say`` : say`; did you mean ${nameOf(near)}?`;
    problems.push(say`reader of ${nameOf(name)}: nothing is imported there${hint}`);
  }
}

async function importTable(
  database: Queryable,
  table: ResolvedTable,
  imported: readonly ResolvedColumn[],
  choice: ImportChoice,
  problems: Statement[],
): Promise<ImportTable> {
  const live = new Map((await liveColumns(database, table.name)).map((column) => [column.name, column]));
  const place = (column: string): Statement => say`${nameOf(table.name)}.${nameOf(column)}`;
  const columns = imported.map((column): ImportColumn => {
    const { column: source, until } = column.importedFrom as { column: string; until: string };
    const inPlace = table.seal === 'columns' && source === column.name;
    const found = live.get(source);
    const reader = choice.readers[`${table.name}.${column.name}`];
    const sqlType = baseType(found?.type ?? 'text');
    if (found === undefined) {
      if (choice.afterwards !== true || inPlace) problems.push(say`${place(source)}: is not in the database`);
    } else if (found.generated) problems.push(say`${place(source)}: is generated from other columns`);
    else if (reader === undefined ? !canImport(found.type, column.value) : !foreignTypes.includes(sqlType))
      problems.push(say`${place(source)}: its SQL type cannot be imported as ${nameOf(column.value)}`);
    const { name, value: type, field } = column;
    return { name, type, source, inPlace, until, sourceExists: found !== undefined, sqlType, reader, field };
  });
  const sealedRow = table.sealedRow;
  for (const name of sealedRow === undefined ? columns.map((column) => column.name) : [sealedRow]) {
    const found = live.get(name);
    if (found === undefined) problems.push(say`${place(name)}: is not in the database; add it as text`);
    // A limit in characters would cut no value, but refuse a whole batch for one that is too long.
    else if (found.type !== 'text' && found.type !== 'character varying')
      problems.push(say`${place(name)}: needs the type text, without a limit`);
    else if (found.mandatory && !columns.some((own) => own.inPlace && own.name === name))
      problems.push(say`${place(name)}: is not null, and rows that wait for the import have none`);
  }
  const names = columns.map(({ name }) => name);
  const indexes = table.indexes.filter(({ of }) => sealedRow !== undefined || of.some((own) => names.includes(own)));
  for (const { column, unique } of indexes) {
    if (!live.has(column)) problems.push(say`${place(column)}: is not in the database; add it as text`);
    else if (live.get(column)?.mandatory === true) problems.push(say`${place(column)}: an index column takes nulls`);
    else if (unique && !(await isUnique(database, table.name, column)))
      problems.push(say`${place(column)}: is unique in the policy, and no unique index of the database says so`);
  }
  const { tenant } = table;
  if (tenant !== undefined && live.get(tenant)?.mandatory !== true)
    problems.push(say`${place(tenant)}: is no column that always names a tenant`);
  for (const key of table.rowKey) if (!live.has(key)) problems.push(say`${place(key)}: is not in the database`);
  const withThem = new Set(indexes.flatMap(({ of }) => of).filter((own) => !names.includes(own)));
  return {
    name: table.name,
    resolved: table,
    rowKey: table.rowKey,
    bytesKey: new Set(table.rowKey.filter((key) => live.get(key)?.type === 'bytea')),
    columns,
    sealedRow,
    indexes,
    beside: sealedRow === undefined ? [...table.columns.values()].filter(({ name }) => withThem.has(name)) : [],
    tenant,
  };
}

/** What another library can have stored. */
const foreignTypes = ['text', 'character varying', 'character', 'bytea', 'json', 'jsonb'];

function liveColumns(database: Queryable, table: string): Promise<readonly Live[]> {
  return database.query<Live>(
    `select attname::text as name, format_type(atttypid, atttypmod) as type, attnotnull as mandatory,
            attgenerated <> '' as generated
       from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
    [quoted(table)],
  );
}

async function isUnique(database: Queryable, table: string, column: string): Promise<boolean> {
  const { found } = await database.one<{ found: boolean }>(
    `select exists (select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
       where i.indrelid = $1::regclass and a.attname = $2 and i.indisunique and i.indisvalid and i.indnkeyatts = 1
         and i.indexprs is null and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) = $3)) as found`,
    [quoted(table), column, `(${column} IS NOT NULL)`],
  );
  return found;
}
