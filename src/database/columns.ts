import type { LiveColumn, LiveColumns, Queryable } from '../base/ports/database.js';

/** Tables, partitioned and foreign ones too, and views: whatever rows of the application can be read from. */
const sql = `
  select table_schema as schema, table_name as "table", column_name as name, data_type as type, is_nullable = 'YES' as nullable
    from information_schema.columns
   where table_schema not in ('pg_catalog', 'information_schema', 'safekeep')
     and table_schema not like 'pg\\_%'
   order by table_schema, table_name, ordinal_position`;

interface Listed extends LiveColumn {
  readonly [column: string]: unknown;
  readonly schema: string;
  readonly table: string;
}

/** The live columns by table: `orders` in the schema public, `billing.orders` elsewhere. Reads the catalogue only. */
export async function liveColumns(database: Queryable): Promise<LiveColumns> {
  const tables = new Map<string, LiveColumn[]>();
  for (const { schema, table, name, type, nullable } of await database.query<Listed>(sql)) {
    const key = schema === 'public' ? table : `${schema}.${table}`;
    const columns = tables.get(key) ?? [];
    columns.push({ name, type, nullable });
    tables.set(key, columns);
  }
  return tables;
}
