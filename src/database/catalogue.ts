import type { Queryable } from '../base/ports/database.js';

/** An identifier for SQL: `orders` or `billing.orders`, each part quoted, so that it is never anything but a name. */
export function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}

/**
 * The SQL types of some columns, with their modifiers (`character varying(40)`).
 * @throws SafekeepError ERR_DATABASE with sqlState 42P01 or 42703: no such table, no such column
 */
export async function columnTypes(
  database: Queryable,
  table: string,
  columns: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  // Asks for nothing, but the server checks every name.
  await database.query(`select ${columns.map(quoted).join(', ')} from ${quoted(table)} limit 0`);
  const rows = await database.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type
       from pg_attribute where attrelid = $1::regclass and attname = any($2::text[]) and attnum > 0`,
    [quoted(table), columns],
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
}

/** Whether these columns, none of them nullable, are together the primary key or a unique index of all rows. */
export async function uniqueKey(database: Queryable, table: string, columns: readonly string[]): Promise<boolean> {
  const indexes = await database.query<{ columns: readonly string[] }>(
    `select array_agg(a.attname::text) as columns
       from pg_index i
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey[0:i.indnkeyatts - 1])
      where i.indrelid = $1::regclass and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
      group by i.indexrelid
     having bool_and(a.attnotnull)`,
    [quoted(table)],
  );
  const wanted = [...columns].sort().join('\0');
  return indexes.some((index) => [...index.columns].sort().join('\0') === wanted);
}
