import type { Queryable } from '../../base/ports/database.js';
import { quoted } from '../../database/catalogue.js';
import { keyPattern, sqlText } from './key-text.js';

/** Columns of one table that are not declared as sealed and could hold a sealed value all the same. */
export interface OtherColumns {
  /** `orders`, or `billing.orders`. */
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly isBytes: boolean }[];
}

/**
 * Every column of every table and materialised view of the database whose type can hold text or bytes: texts, JSON, XML,
 * arrays and records of them, domains. Left out are types that cannot (numbers, times, booleans, addresses, uuids), and
 * foreign tables, whose rows are elsewhere. Partitions are listed, not what they are parts of.
 */
const sql = `
  select n.nspname as schema, c.relname as "table", a.attname as name, b.typname = 'bytea' as bytes
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    join pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
    left join pg_type e on e.oid = b.typelem and b.typcategory = 'A'
   where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
     and n.nspname not like 'pg\\_toast%' and n.nspname not like 'pg\\_temp\\_%'
     and coalesce(e.typcategory, b.typcategory) not in ('N', 'D', 'B', 'T', 'I', 'G', 'E', 'V')
     and coalesce(e.typname, b.typname) not in ('uuid', 'tsvector', 'tsquery')
   order by n.nspname, c.relname, a.attnum`;

interface Listed {
  readonly [column: string]: unknown;
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly bytes: boolean;
}

/** @param known declared columns, as `table.column`: they are counted as what they are */
export async function otherColumns(database: Queryable, known: ReadonlySet<string>): Promise<readonly OtherColumns[]> {
  const tables = new Map<string, { name: string; isBytes: boolean }[]>();
  for (const { schema, table, name, bytes } of await database.query<Listed>(sql)) {
    const place = schema === 'public' ? table : `${schema}.${table}`;
    if (known.has(`${place}.${name}`)) continue;
    const columns = tables.get(place) ?? [];
    columns.push({ name, isBytes: bytes });
    tables.set(place, columns);
  }
  return [...tables].map(([table, columns]) => ({ table, columns }));
}

/** Rows of each column that hold a value under the key anywhere in them: alone, or inside of JSON, a list or a page. */
export async function countWithin(
  database: Queryable,
  { table, columns }: OtherColumns,
  keyId: number,
): Promise<readonly { readonly column: string; readonly rows: number }[]> {
  const anywhere = keyPattern(keyId).slice(1);
  const holds = columns.map(({ name, isBytes }) => {
    const column = `t.${quoted(name)}`;
    const text = `${column}::text`;
    if (!isBytes) return `strpos(${text}, 'sf1.w') > 0 and ${text} ~ '${anywhere}'`;
    // As the envelope itself, or its text form kept as bytes.
    const asText = `position('sf1.w'::bytea in ${column}) > 0 and encode(${column}, 'escape') ~ '${anywhere}'`;
    return `${sqlText(column, true)} ~ '${keyPattern(keyId)}' or ${asText}`;
  });
  const counts = holds.map((condition, at) => `count(*) filter (where ${condition}) as c${at}`);
  const row = await database.one<Readonly<Record<string, string>>>(
    `select ${counts.join(', ')} from ${quoted(table)} t`,
  );
  return columns.map(({ name }, at) => ({ column: name, rows: Number(row[`c${at}`]) }));
}
