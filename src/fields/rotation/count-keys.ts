import {
  flagRule,
  listRule,
  objectRule,
  oneOfRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../../base/options.js';
import type { Database, Queryable } from '../../base/ports/database.js';
import { quoted } from '../../database/catalogue.js';
import { countStreams, streamFiles } from '../streams/register.js';
import { countIndexes, type IndexKeys } from './count-indexes.js';
import { indexedTables } from './indexed-tables.js';
import { headerOf, keyPattern, type SealedHeader, sqlText } from './key-text.js';
import { fieldsRule, knownFields, type RotatableFields } from './known-fields.js';
import { type RotationTable, rotationTables } from './rotation-tables.js';
import { withoutTimeout } from './whole-table.js';

export interface RotationStatusOptions {
  readonly database: Database;
  /** What `createFields` returned, with a policy. */
  readonly fields: RotatableFields;
  /** As for `rotateFields`; stream files are counted in any case. Default: all. */
  readonly tables?: readonly string[] | undefined;
  /** `tenant`: each column of a table with tenants once for each of them. It is one pass of the table all the same. */
  readonly by?: 'tenant' | undefined;
  /** Blind indexes too. They hold no key id: every row of a table that has some is opened for it. Default false. */
  readonly indexes?: boolean | undefined;
}

/** Rows of one column whose value is under one key. */
export interface KeyRows extends SealedHeader {
  readonly rows: number;
}

export interface ColumnKeys {
  readonly table: string;
  readonly column: string;
  /** Whose rows these are, when it was counted by tenant and the table has them; null: rows without one. */
  readonly tenant?: string | null;
  /** Most rows first. */
  readonly keys: readonly KeyRows[];
  /** Values that are not sealed: in a sealed column there should be none, in a password column they are plain hashes. */
  readonly unsealed: number;
  readonly nulls: number;
}

export interface RotationStatus {
  /** The key that seals now: where the others are being moved to. */
  readonly activeKeyId: number;
  readonly columns: readonly ColumnKeys[];
  /** Values that another key sealed. Zero: rotation is complete. */
  readonly left: number;
  /** Where it was asked for. `stale` of each is what is left of the rotation of an index key. */
  readonly indexes?: readonly IndexKeys[];
}

const shape = {
  database: required(objectRule<Database>('query', 'transaction')),
  fields: required(fieldsRule),
  by: optional(oneOfRule('tenant')),
  indexes: withDefault(flagRule(), false),
  tables: optional(listRule(textRule({ maxLength: 127 }))),
};

/**
 * Counts, for whoever watches a rotation, how many values of every sealed column are under which key: by the key id in
 * characters 5 to 12 of what is stored, or bytes 3 to 6. Stream files are counted from their register. It opens nothing and no value
 * leaves the database, unless it is asked about `indexes`.
 *
 * It does NOT authenticate what it counts: who can write to the table can write a value that names any key.
 * @throws SafekeepError ERR_OPTION_INVALID for fields without a policy; ERR_KEY_UNKNOWN, ERR_KEY_RING_CLOSED; what the
 * database throws. ASVS 5.0 V11.2.2 (keys can be replaced), V13.3.4 (keys are rotated).
 * @example
 * const { left } = await rotationStatus({ database, fields });
 */
export async function rotationStatus(options: RotationStatusOptions): Promise<RotationStatus> {
  const { database, fields, by, tables, indexes: withIndexes } = readOptions('rotationStatus', shape, options);
  const known = knownFields('rotationStatus', fields);
  const { policy, keys } = known;
  const activeKeyId = keys.active('fields').id;
  const columns: ColumnKeys[] = [];
  for (const table of await rotationTables(database, policy, tables))
    columns.push(...(await countKeys(database, table, by)));
  const streams = await countStreams(database);
  if (streams !== null) {
    const keysOf = streams.map((counted) => ({ suite: streamSuite, ...counted }));
    columns.push(Object.freeze({ table: streamFiles, column: 'location', keys: keysOf, unsealed: 0, nulls: 0 }));
  }
  const status = { activeKeyId, columns, left: leftOf(columns, activeKeyId) };
  if (!withIndexes) return Object.freeze(status);
  const indexes: IndexKeys[] = [];
  for (const table of await indexedTables(database, known, tables))
    indexes.push(...(await countIndexes(database, table)));
  return Object.freeze({ ...status, indexes });
}

export function leftOf(columns: readonly ColumnKeys[], activeKeyId: number): number {
  let left = 0;
  for (const { keys } of columns) for (const { keyId, rows } of keys) if (keyId !== activeKeyId) left += rows;
  return left;
}

interface Counted {
  readonly [column: string]: unknown;
  readonly name: string;
  /** Twelve characters; empty for what does not begin like a sealed value; null for NULL. */
  readonly head: string | null;
  readonly rows: string;
  readonly tenant: string | null;
}

/** One pass over the table for all its columns; of each value its first twelve characters, and only if it looks sealed. */
export async function countKeys(
  database: Database,
  table: RotationTable,
  by?: 'tenant',
): Promise<readonly ColumnKeys[]> {
  const tenant = by === undefined || table.tenant === undefined ? undefined : `t.${quoted(table.tenant)}::text`;
  const sql = `
    select c.name, case when starts_with(c.value, 'sf1.w') then left(c.value, 12) when c.value is not null then '' end as head,
           count(*) as rows, ${tenant ?? 'null'} as tenant
      from ${quoted(table.name)} t cross join lateral (values ${columnValues(table)}) as c(name, value)
     group by 1, 2, 4`;
  const counted = await withoutTimeout(database, (tx) => tx.query<Counted>(sql));
  // A table without rows has no tenants either: its columns are told once, empty.
  const tenants = tenant === undefined ? [null] : [...new Set(counted.map((row) => row.tenant))].sort();
  const groups = tenants.flatMap((whose) => [...table.columns.keys()].map((column) => ({ whose, column })));
  return groups.map(({ whose, column }) => {
    const own = counted.filter((row) => row.name === column && row.tenant === whose);
    const keys: KeyRows[] = [];
    let [unsealed, nulls] = [0, 0];
    for (const { head, rows } of own) {
      const header = head === null ? null : headerOf(head);
      if (header !== null) keys.push({ ...header, rows: Number(rows) });
      else if (head === null) nulls += Number(rows);
      else unsealed += Number(rows);
    }
    keys.sort((a, b) => b.rows - a.rows || a.keyId - b.keyId);
    const owner = tenant === undefined ? {} : { tenant: whose };
    return Object.freeze({ table: table.name, column, ...owner, keys, unsealed, nulls });
  });
}

/** Values of each column under one key, whatever their suite. */
export async function countUnder(
  database: Queryable,
  table: RotationTable,
  keyId: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await database.query<{ name: string; rows: string }>(`
    select c.name, count(*) as rows
      from ${quoted(table.name)} t cross join lateral (values ${columnValues(table)}) as c(name, value)
     where starts_with(c.value, 'sf1.w') and c.value ~ '${keyPattern(keyId)}'
     group by 1`);
  const found = new Map(rows.map((row) => [row.name, Number(row.rows)]));
  return new Map([...table.columns.keys()].map((column) => [column, found.get(column) ?? 0]));
}

const streamSuite = 0x21;

/** Names come from the policy; its columns are SQL names without quotes in them. */
function columnValues({ columns, bytes }: RotationTable): string {
  return [...columns.keys()]
    .map((column) => `('${column}', ${sqlText(`t.${quoted(column)}`, bytes.has(column))})`)
    .join(', ');
}
