import { nameOf, say } from '../../base/names.js';
import type { Database } from '../../base/ports/database.js';
import { quoted } from '../../database/catalogue.js';
import type { Residue } from './import-residue.js';
import type { ImportTable } from './import-tables.js';

/** What the planner keeps of a column: its most frequent values, as they are. Of a sealed column they are sealed. */
const plain = `(coalesce(%::text, '{}') <> '{}' and exists (
  select from unnest(%::text::text[]) as kept(value) where not starts_with(kept.value, 'sf1.')))`;

/** Statistics of the plaintext column, and of indexes over expressions of the table. */
export async function columnStatistics(database: Database, table: ImportTable): Promise<readonly Residue[]> {
  const holds = (column: string): string => plain.replaceAll('%', column);
  const rows = await database.query<{ name: string; left: boolean }>(
    `select s.attname::text as name, bool_or(${holds('s.most_common_vals')} or ${holds('s.histogram_bounds')}) as left
       from pg_stats s join pg_class c on c.relname = s.tablename
       join pg_namespace n on n.oid = c.relnamespace and n.nspname = s.schemaname
      where (c.oid = $1::regclass and s.attname = any($2::text[]))
         or c.oid in (select indexrelid from pg_index where indrelid = $1::regclass and indexprs is not null)
      group by 1 order by 1`,
    [quoted(table.name), table.columns.map(({ source }) => source)],
  );
  return rows.map(({ name, left }) => ({
    kind: 'statistics',
    place: nameOf(`${table.name}.${name}`),
    state: left ? ('left' as const) : ('clean' as const),
    advice: say`analyze ${nameOf(table.name)}: pg_stats shows frequent values as they are`,
  }));
}

export async function extendedStatistics(database: Database, table: ImportTable): Promise<readonly Residue[]> {
  const rows = await database.query<{ name: string; left: boolean }>(
    `select e.statistics_name::text as name, bool_or(exists (
              select from unnest($2::text[]) as source, generate_subscripts(e.most_common_vals, 1) as at,
                          array_position(e.attnames::text[], source) as place
               where not e.most_common_val_nulls[at][place]
                 and not starts_with(e.most_common_vals[at][place], 'sf1.'))) as left
       from pg_stats_ext e join pg_class c on c.relname = e.tablename
       join pg_namespace n on n.oid = c.relnamespace and n.nspname = e.schemaname
      where c.oid = $1::regclass and e.attnames::text[] && $2::text[] group by 1 order by 1`,
    [quoted(table.name), table.columns.map(({ source }) => source)],
  );
  return rows.map(({ name, left }) => ({
    kind: 'extended statistics',
    place: nameOf(name),
    state: left ? ('left' as const) : ('clean' as const),
    advice: say`drop statistics, or analyze ${nameOf(table.name)}`,
  }));
}
