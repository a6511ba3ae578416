import { type ErrorCode, isSafekeepError, SafekeepError } from '../../base/errors.js';
import { nameOf } from '../../base/names.js';
import type { Row } from '../../base/ports/database.js';
import type { WalkedRow } from '../../database/index.js';
import { createEnvelopes, type Place, type RowKeyPart } from '../../envelope/index.js';
import type { ResolvedColumn } from '../../policy/index.js';
import { columnSeals } from '../column-seals.js';
import type { KnownFields } from '../rotation/known-fields.js';
import { foldRowKey } from '../row-place.js';
import type { ImportColumn, ImportTable } from './import-tables.js';
import { parsePlain, samePlain } from './plaintext.js';
import { looksSealed } from './sealed-look.js';

/** What stands in a row for a column: its plaintext, or what is sealed. */
export interface ImportRows {
  /**
   * The plaintext's value; null where there is none: SQL NULL, or, in place, a value that is sealed already.
   * @throws SafekeepError ERR_VALUE_TYPE for what is none of the type, ERR_NOT_SEALED for a damaged sealed value and
   * for what the reader refuses
   */
  plain(table: ImportTable, column: ImportColumn, row: WalkedRow): Promise<unknown>;
  /** What is sealed for the imported columns, by name: without those that have nothing sealed. @throws as `open` */
  sealed(table: ImportTable, row: WalkedRow): ReadonlyMap<string, unknown>;
  /** What is stored once the values are sealed: sealed columns and indexes, opened again and compared. */
  seal(table: ImportTable, row: WalkedRow, values: ReadonlyMap<string, unknown>): Row;
  /** Whether a sealed row holds values that are no imported column's: they have no plaintext to go back to. */
  holdsOthers(table: ImportTable, row: WalkedRow): boolean;
  /** The indexes of a row that is sealed already, where they are not what they would be now; null when they are. */
  staleIndexes(table: ImportTable, row: WalkedRow): Row | null;
}

const made = new WeakMap<KnownFields, ImportRows>();

/** Made once for the same fields: column keys are derived, and wiped with the ring, once for all imports. */
export function importRowsOf(known: KnownFields): ImportRows {
  const rows = made.get(known) ?? createImportRows(known);
  made.set(known, rows);
  return rows;
}

function createImportRows({ policy, keys, hedged, fields }: KnownFields): ImportRows {
  const envelopes = columnSeals(createEnvelopes({ application: policy.application, keys, hedged }), policy);

  function seal(table: ImportTable, row: WalkedRow, values: ReadonlyMap<string, unknown>): Row {
    const given: Record<string, unknown> = { ...keyColumns(table, row), ...tenantColumn(table, row) };
    for (const [name, value] of values) given[name] = value;
    const indexed = table.indexes.filter(({ of }) => of.some((name) => values.has(name)));
    const members = new Set(indexed.flatMap(({ of }) => of).filter((name) => !values.has(name)));
    // No more than is needed: another column of the row that does not open is no reason to leave this one in the clear.
    const present = sealed(only(table, members), row);
    for (const name of members) given[name] = present.get(name) ?? openBeside(table, row, name);
    const all = fields.sealRow(table.name, given);
    const stored: Record<string, unknown> = {};
    for (const name of table.sealedRow === undefined ? values.keys() : [table.sealedRow]) stored[name] = all[name];
    for (const { column } of indexed) stored[column] = all[column];
    assertOpens(table, { ...row, ...(stored as WalkedRow) }, values);
    return stored;
  }
  /** In place nothing is left to compare with afterwards, so it is compared before. */
  function assertOpens(table: ImportTable, row: WalkedRow, values: ReadonlyMap<string, unknown>): void {
    const given = only(table, new Set(values.keys()));
    const opened = sealed(given, row);
    for (const { name, type } of given.columns) {
      const value = values.get(name) ?? null;
      const there = opened.get(name) ?? null;
      if (value === null || there === null ? value !== there : !samePlain(there, value, type))
        throw new SafekeepError('ERR_SEAL_BROKEN', { place: nameOf(`${table.name}.${name}`) });
    }
  }
  function sealed(table: ImportTable, row: WalkedRow): ReadonlyMap<string, unknown> {
    const values = new Map<string, unknown>();
    if (table.sealedRow === undefined) {
      for (const { name, type, inPlace } of table.columns) {
        const text = row[name] ?? null;
        if (text === null || (inPlace && !looksSealed(text))) continue;
        values.set(name, envelopes.open(text, placeOf(table, row, name), type));
      }
      return values;
    }
    const text = row[table.sealedRow] ?? null;
    if (text === null) return values;
    const { fields: map } = envelopes.openMap(text, placeOf(table, row, table.sealedRow));
    for (const { name, field, type } of table.columns) {
      const found = map.get(field as number) ?? null;
      if (found !== null && found.type !== type)
        throw new SafekeepError('ERR_SEAL_BROKEN', { place: nameOf(`${table.name}.${name}`) });
      values.set(name, found === null ? null : found.value);
    }
    return values;
  }
  function openBeside(table: ImportTable, row: WalkedRow, name: string): unknown {
    const text = row[name] ?? null;
    const column = table.beside.find((own) => own.name === name) as ResolvedColumn | undefined;
    if (text === null || column === undefined) return null;
    return envelopes.open(text, placeOf(table, row, name), column.value);
  }

  return {
    seal,
    sealed,
    async plain(table, { name, source, type, inPlace, reader, sqlType }, row) {
      const text = row[source] ?? null;
      if (text === null) return null;
      // A reader is asked whatever it looks like, but never for what is ours already.
      if (inPlace && looksSealed(text)) {
        if (fields.keyIdOf(text) !== null) return null;
        throw new SafekeepError('ERR_NOT_SEALED', { place: nameOf(`${table.name}.${name}`) });
      }
      const wrong = (code: 'ERR_VALUE_TYPE' | 'ERR_NOT_SEALED'): SafekeepError =>
        new SafekeepError(code, { type: nameOf(type), place: nameOf(`${table.name}.${name}`) });
      if (reader === undefined) return typedValue(text, type, wrong);
      let read: string | Uint8Array | null;
      try {
        const stored = sqlType === 'bytea' ? Buffer.from(text.slice(2), 'hex') : text;
        // Some ask a service over the network.
        read = await Promise.resolve(
          reader.read(stored, { table: table.name, column: source, row: keyOf(table, row) }),
        );
      } catch (error) {
        // What a reader throws may hold what it read; of its codes only ours say something.
        if (isSafekeepError(error) && passing.has(error.code)) throw error;
        throw wrong('ERR_NOT_SEALED');
      }
      if (read === null) return null;
      if (type === 'bytes') return Buffer.from(read);
      return typedValue(typeof read === 'string' ? read : utf8(read, wrong), type, wrong);
    },
    holdsOthers(table, row) {
      const text = table.sealedRow === undefined ? null : (row[table.sealedRow] ?? null);
      if (text === null) return false;
      const own = new Set(table.columns.map(({ field }) => field));
      const { fields: map } = envelopes.openMap(text, placeOf(table, row, table.sealedRow as string));
      return [...map].some(([field, value]) => value !== null && !own.has(field));
    },
    staleIndexes(table, row) {
      if (table.indexes.length === 0) return null;
      // A plaintext that a reader takes for a null stands for nothing sealed.
      const withoutPlain = Object.fromEntries(table.resolved.sources.map((source) => [source, null]));
      return fields.reindexRow(table.name, { ...row, ...withoutPlain, ...keyColumns(table, row) });
    },
  };
}

/** A service or a ring that does not answer says nothing of one value: the import ends instead of counting failures. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'ERR_FOREIGN_KEY',
  'ERR_ROOT_KEY_UNAVAILABLE',
  'ERR_ROOT_KEY_REFUSED',
  'ERR_ROOT_KEY_PLAINTEXT',
  'ERR_KEY_RING_CLOSED',
]);

function typedValue(
  text: string,
  type: ImportColumn['type'],
  wrong: (code: 'ERR_VALUE_TYPE') => SafekeepError,
): unknown {
  const value = parsePlain(text, type);
  if (value === undefined) throw wrong('ERR_VALUE_TYPE');
  return value;
}

function utf8(bytes: Uint8Array, wrong: (code: 'ERR_VALUE_TYPE') => SafekeepError): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw wrong('ERR_VALUE_TYPE');
  }
}

/** The table with some of its columns. */
function only(table: ImportTable, names: ReadonlySet<string>): ImportTable {
  return { ...table, columns: table.columns.filter(({ name }) => names.has(name)) };
}

function placeOf(table: ImportTable, row: WalkedRow, column: string): Place {
  const tenant = table.tenant === undefined ? {} : { tenant: row[table.tenant] ?? '' };
  return { table: table.name, column, row: foldRowKey(keyOf(table, row)), ...tenant };
}

/** The row key as the application has it: PostgreSQL writes bytes as \x and hex. */
export function keyOf(table: ImportTable, row: WalkedRow): readonly (string | number | bigint)[] {
  return Object.values(keyColumns(table, row)) as readonly (string | number | bigint)[];
}

function tenantColumn({ tenant }: ImportTable, row: WalkedRow): Record<string, string> {
  return tenant === undefined ? {} : { [tenant]: row[tenant] ?? '' };
}

function keyColumns(table: ImportTable, row: WalkedRow): Record<string, RowKeyPart> {
  return Object.fromEntries(
    table.rowKey.map((part) => {
      const text = row[part] ?? '';
      return [part, table.bytesKey.has(part) ? Buffer.from(text.slice(2), 'hex') : text];
    }),
  );
}
