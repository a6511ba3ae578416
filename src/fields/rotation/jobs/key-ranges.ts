import type { Database } from '../../../base/ports/database.js';
import { quoted } from '../../../database/catalogue.js';
import type { Policy } from '../../../policy/index.js';
import type { RotationTable } from '../rotation-tables.js';
import { withoutTimeout } from '../whole-table.js';

/** Rows behind `after`, up to `until` and with it, in the order of the row key; null: from the first, to the last. */
export interface KeyRange {
  readonly after: readonly string[] | null;
  readonly until: readonly string[] | null;
}

/**
 * A table in parts of about as many rows. The last is open, so that rows which come later are in one of them too. A row
 * key that says something of a person would be copied into the queue: such a table is one part.
 */
export async function keyRanges(
  database: Database,
  policy: Policy,
  { name, rowKey }: RotationTable,
  rangeRows: number,
): Promise<readonly KeyRange[]> {
  const declared = policy.resolved.tables.get(name);
  if (declared === undefined || rowKey.some((column) => declared.columns.has(column))) return [whole];
  const list = rowKey.map((column) => `t.${quoted(column)}`).join(', ');
  const texts = rowKey.map((_, at) => `n.k${at}::text as k${at}`).join(', ');
  const columns = rowKey.map((column, at) => `t.${quoted(column)} as k${at}`).join(', ');
  const order = rowKey.map((_, at) => `n.k${at}`).join(', ');
  const rows = await withoutTimeout(database, (tx) =>
    tx.query<Readonly<Record<string, string>>>(
      `select ${texts} from (select ${columns}, row_number() over (order by ${list}) as place from ${quoted(name)} t) n
        where n.place % $1 = 0 order by ${order}`,
      [rangeRows],
    ),
  );
  const ends = rows.map((row) => rowKey.map((_, at) => row[`k${at}`] ?? ''));
  return [...ends, null].map((until, at) => ({ after: ends[at - 1] ?? null, until }));
}

const whole: KeyRange = { after: null, until: null };
