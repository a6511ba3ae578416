import type { Queryable } from '../../base/ports/database.js';

const sql = `
  select n.nspname as schema, c.relname as "table", a.attname as name
    from pg_index i
    join pg_class c on c.oid = i.indrelid
    join pg_namespace n on n.oid = c.relnamespace
    join lateral unnest(i.indkey) with ordinality as k(attnum, place) on true
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
   where i.indisprimary and n.nspname not in ('pg_catalog', 'information_schema', 'safekeep')
   order by n.nspname, c.relname, k.place`;

/** The primary key's columns by table, named as the database port names tables. */
export async function primaryKeys(database: Queryable): Promise<ReadonlyMap<string, readonly string[]>> {
  const keys = new Map<string, string[]>();
  for (const { schema, table, name } of await database.query<{ schema: string; table: string; name: string }>(sql)) {
    const place = schema === 'public' ? table : `${schema}.${table}`;
    keys.set(place, [...(keys.get(place) ?? []), name]);
  }
  return keys;
}
