import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import type { Row } from '../base/ports/database.js';
import type { Envelopes, Place, RowKeyPart, Typed } from '../envelope/index.js';
import type { ResolvedColumn, ResolvedTable } from '../policy/index.js';
import type { Passthrough } from './import/passthrough.js';
import { typedAs } from './loose-values.js';

type Key = readonly RowKeyPart[];
/** Columns with their new values. */
export type Given = readonly (readonly [ResolvedColumn, unknown])[];

/** The sealed columns of a row, however its table stores them: one by one, or as one sealed row. */
export interface SealedColumns {
  /**
   * What the database stores for these values. Of a sealed row that is the whole of it: the fields of `current` that
   * are not given stay, those of a newer policy too.
   */
  seal(table: ResolvedTable, key: Key, given: Given, current?: Row): Record<string, unknown>;
  /** The values of some columns, for no purpose: callers check it. What is null or not there yet is null. */
  open(table: ResolvedTable, key: Key, stored: Row, columns: readonly ResolvedColumn[]): ReadonlyMap<string, unknown>;
  /** The value of one column that has a column of its own in the database; null where it is null. */
  one(table: ResolvedTable, key: Key, stored: Row, column: ResolvedColumn): unknown;
  /** The columns of the database that these columns are kept in. */
  kept(table: ResolvedTable, columns: readonly string[]): readonly string[];
}

export function createSealedColumns(envelopes: Envelopes, plaintext: Passthrough): SealedColumns {
  // By the list itself: a purpose of a table asks for one and the same again and again.
  const types = new WeakMap<readonly ResolvedColumn[], ReadonlyMap<number, ResolvedColumn['value']>>();
  function rowPlace(table: ResolvedTable, column: string, row: Key): Place {
    return { table: table.name, column, row };
  }
  function sealMap(table: ResolvedTable, key: Key, given: Given, stored: Row): unknown {
    const sealed = stored[table.sealedRow as string];
    const place = rowPlace(table, table.sealedRow as string, key);
    const current = sealed === null || sealed === undefined ? undefined : envelopes.openMap(sealed, place);
    const fields = new Map<number, Typed | null>(current?.fields);
    // A row that still waits for its import: what is not given would be lost with its plaintext.
    if (current === undefined) {
      for (const column of imported(table)) {
        const value = plainOf(table, column, stored, false);
        if (value !== null) fields.set(column.field as number, typedAs(column.value, value));
      }
    }
    for (const [column, value] of given) {
      fields.set(column.field as number, value === null ? null : typedAs(column.value, value));
    }
    // A server with an older policy must not make a newer row look old.
    return envelopes.sealMap({ schema: Math.max(table.version, current?.schema ?? 0), fields }, place);
  }
  function typesOf(columns: readonly ResolvedColumn[]): ReadonlyMap<number, ResolvedColumn['value']> {
    const known = types.get(columns);
    if (known !== undefined) return known;
    const made = new Map(columns.map(({ field, value }) => [field as number, value]));
    types.set(columns, made);
    return made;
  }
  function openMap(table: ResolvedTable, key: Key, sealed: unknown, columns: readonly ResolvedColumn[]) {
    const wanted = typesOf(columns);
    const { fields } = envelopes.openMap(sealed, rowPlace(table, table.sealedRow as string, key), (field) =>
      wanted.get(field),
    );
    // A column that was declared after the row was sealed is not in it.
    return new Map(columns.map(({ name, field }) => [name, fields.get(field as number)?.value ?? null]));
  }

  /** What stands in the clear beside a sealed value that is not there yet. */
  function plainOf(table: ResolvedTable, column: ResolvedColumn, stored: Row, isWhole = true): unknown {
    const source = column.importedFrom?.column;
    if (source === undefined || !table.sources.includes(source)) return null;
    if (isWhole) assertRead(table, stored, source);
    const plain = stored[source];
    return plain === null || plain === undefined ? null : plaintext.read(column, plain);
  }
  function one(table: ResolvedTable, key: Key, stored: Row, column: ResolvedColumn): unknown {
    const sealed = stored[column.name];
    if (sealed === null || sealed === undefined) return plainOf(table, column, stored);
    try {
      return envelopes.open(sealed, rowPlace(table, column.name, key), column.value);
    } catch (refusal) {
      return plaintext.instead(column, sealed, refusal);
    }
  }

  function kept({ sealedRow }: ResolvedTable, columns: readonly string[]): readonly string[] {
    if (sealedRow === undefined) return columns;
    return columns.length === 0 ? [] : [sealedRow];
  }

  return {
    kept,
    one,
    seal(table, key, given, current = {}) {
      const { sealedRow } = table;
      if (sealedRow !== undefined) {
        if (given.length === 0) return {};
        // What is sealed takes the plaintext's place, that of the whole row.
        const emptied = Object.fromEntries(table.sources.map((source) => [source, null]));
        return { [sealedRow]: sealMap(table, key, given, current), ...emptied };
      }
      const stored: Record<string, unknown> = {};
      for (const [{ name, value: type, importedFrom }, value] of given) {
        stored[name] = value === null ? null : envelopes.seal(typedAs(type, value), rowPlace(table, name, key));
        if (importedFrom !== undefined && importedFrom.column !== name) stored[importedFrom.column] = null;
      }
      return stored;
    },
    open(table, key, stored, columns) {
      const names = columns.map(({ name }) => name);
      for (const name of kept(table, names)) assertRead(table, stored, name);
      const { sealedRow } = table;
      if (sealedRow !== undefined) {
        const sealed = stored[sealedRow];
        if (columns.length === 0 || sealed === null || sealed === undefined)
          return new Map(columns.map((column) => [column.name, plainOf(table, column, stored)]));
        return openMap(table, key, sealed, columns);
      }
      return new Map(columns.map((column) => [column.name, one(table, key, stored, column)]));
    },
  };
}

function imported({ columns }: ResolvedTable): readonly ResolvedColumn[] {
  return [...columns.values()].filter(({ importedFrom }) => importedFrom !== undefined);
}

function assertRead(table: ResolvedTable, stored: Row, name: string): void {
  if (Object.hasOwn(stored, name)) return;
  throw new SafekeepError('ERR_COLUMN_REFUSED', {
    place: nameOf(`${table.name}.${name}`),
    why: say`the stored row was read without it`,
  });
}
