import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import type { Queryable, Row } from '../base/ports/database.js';
import type { ResolvedTable } from '../policy/index.js';
import { rowKeyOf } from './row-place.js';
import type { Rows } from './rows.js';

const tries = 8;

interface Update {
  readonly database: Pick<Queryable, 'query'>;
  readonly table: ResolvedTable;
  readonly rows: Pick<Rows, 'patch' | 'watched'>;
  readonly stored: Row;
  readonly patch: Row | ((current: Row) => Row);
}

/**
 * Compare and swap on the sealed columns that are replaced, or that an index over several columns was computed from;
 * a sealed row is compared whole. Sealed bytes never repeat, so equal means untouched.
 */
export async function updateRow({ database, table, rows, stored, patch }: Update): Promise<Row> {
  rowKeyOf(table, stored);
  const key = Object.fromEntries(table.rowKey.map((column) => [column, stored[column]]));
  // A function is owed the whole row; of an object's columns `stored` may have what is needed. Plaintext that waits for
  // its import is compared as PostgreSQL writes it: the driver's Date has lost its microseconds.
  let current = typeof patch === 'function' || table.sources.length > 0 ? await readRow(database, table, key) : stored;
  for (let tried = 0; tried < tries; tried += 1) {
    const given: Row = typeof patch === 'function' ? patch(current) : patch;
    for (const column of Object.keys(given)) {
      const isKey = table.rowKey.includes(column);
      if (!isKey && column !== table.tenant) continue;
      // What is sealed is bound to them: under another one the rest of the row would not open.
      throw new SafekeepError('ERR_COLUMN_REFUSED', {
        place: nameOf(`${table.name}.${column}`),
        why: isKey ? say`a row key does not change` : say`a row does not change its tenant`,
      });
    }
    const watched = rows.watched(table.name, given);
    if (watched.some((name) => !Object.hasOwn(current, name))) current = await readRow(database, table, key);
    const changes = Object.entries(rows.patch(table.name, { ...current, ...key }, given));
    if (changes.length === 0) return await readRow(database, table, key);
    const [written] = await swap(database, table, { key, changes, watched, current });
    if (written !== undefined) return written;
    current = await readRow(database, table, key);
  }
  throw new SafekeepError('ERR_ROW_CONTENDED', { table: nameOf(table.name), tries });
}

async function readRow(database: Pick<Queryable, 'query'>, table: ResolvedTable, key: Row): Promise<Row> {
  const values: unknown[] = [];
  const where = conditions(Object.entries(key), '=', values);
  // Behind the asterisk: of two columns of one name the driver keeps the last.
  const plain = table.sources.map((source) => `, ${quoted(source)}::text as ${quoted(source)}`).join('');
  const [row] = await database.query(`select *${plain} from ${quoted(table.name)} where ${where}`, values);
  if (row === undefined) throw new SafekeepError('ERR_ROW_NOT_FOUND', { table: nameOf(table.name) });
  return row;
}

async function swap(
  database: Pick<Queryable, 'query'>,
  table: ResolvedTable,
  {
    key,
    changes,
    watched,
    current,
  }: { key: Row; changes: [string, unknown][]; watched: readonly string[]; current: Row },
): Promise<readonly Row[]> {
  const values: unknown[] = [];
  const set = changes.map(([name, value]) => {
    const declared = table.columns.get(name);
    // The driver would write an array as an SQL array; a column kept clear as JSON takes JSON.
    const asJson = declared?.value === 'json' && declared.atRest === 'clear' && value !== null;
    values.push(asJson ? JSON.stringify(value) : value);
    return `${quoted(name)} = $${values.length}`;
  });
  const where = [
    conditions(Object.entries(key), '=', values),
    ...watched.map((name) => {
      const cast = table.sources.includes(name) ? '::text' : '';
      return `${quoted(name)}${cast} is not distinct from $${values.push(current[name] ?? null)}${cast}`;
    }),
  ];
  return await database.query(
    `update ${quoted(table.name)} set ${set.join(', ')} where ${where.join(' and ')} returning *`,
    values,
  );
}

function conditions(pairs: readonly (readonly [string, unknown])[], operator: string, values: unknown[]): string {
  return pairs.map(([name, value]) => `${quoted(name)} ${operator} $${values.push(value)}`).join(' and ');
}

/** Names come from the policy, which admits lower-case SQL names only; quoting guards reserved words. */
export function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');
}
