import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import type { Row } from '../base/ports/database.js';
import type { Envelopes, Place, Typed } from '../envelope/index.js';
import type { ResolvedColumn, ResolvedTable } from '../policy/index.js';
import type { Passthrough } from './import/passthrough.js';
import { typedAs } from './loose-values.js';
import type { RowBinding } from './row-place.js';
import { asStored, asText } from './stored-form.js';

/** Columns with their new values. */
export type Given = readonly (readonly [ResolvedColumn, unknown])[];

/** The sealed columns of a row, however its table stores them: one by one, or as one sealed row. */
export interface SealedColumns {
  /**
   * What the database stores for these values. Of a sealed row that is the whole of it: the fields of `current` that
   * are not given stay, those of a newer policy too.
   */
  seal(
    table: ResolvedTable,
    at: RowBinding,
    given: Given,
    put: (column: string, value: unknown) => void,
    current?: Row,
  ): void;
  /** The values of some columns, for no purpose: callers check it. What is null or not there yet is null. */
  open(
    table: ResolvedTable,
    at: RowBinding,
    stored: Row,
    columns: readonly ResolvedColumn[],
  ): ReadonlyMap<string, unknown>;
  /** As `open`, in the order of the columns. */
  openEach(
    table: ResolvedTable,
    at: RowBinding,
    stored: Row,
    columns: readonly ResolvedColumn[],
    put: (column: ResolvedColumn, value: unknown) => void,
  ): void;
  /** The value of one column that has a column of its own in the database; null where it is null. */
  one(table: ResolvedTable, at: RowBinding, stored: Row, column: ResolvedColumn): unknown;
  /** The columns of the database that these columns are kept in. */
  kept(table: ResolvedTable, columns: readonly string[]): readonly string[];
}

export function createSealedColumns(envelopes: Envelopes, plaintext: Passthrough): SealedColumns {
  // By the list itself: a purpose of a table asks for one and the same again and again.
  const types = new WeakMap<readonly ResolvedColumn[], ReadonlyMap<number, ResolvedColumn['value']>>();
  function rowPlace(table: ResolvedTable, column: string, { row, tenant }: RowBinding): Place {
    return { table: table.name, column, row, tenant };
  }
  function sealMap(table: ResolvedTable, at: RowBinding, given: Given, stored: Row): unknown {
    const place = rowPlace(table, table.sealedRow as string, at);
    const sealed = asText(stored[table.sealedRow as string], table.form);
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
    const map = { schema: Math.max(table.version, current?.schema ?? 0), fields };
    return asStored(envelopes.sealMap(map, place), table.form);
  }
  function typesOf(columns: readonly ResolvedColumn[]): ReadonlyMap<number, ResolvedColumn['value']> {
    const known = types.get(columns);
    if (known !== undefined) return known;
    const made = new Map(columns.map(({ field, value }) => [field as number, value]));
    types.set(columns, made);
    return made;
  }
  /** A column that was declared after the row was sealed is not in it. */
  function openMap(table: ResolvedTable, at: RowBinding, sealed: unknown, columns: readonly ResolvedColumn[]) {
    const wanted = typesOf(columns);
    const place = rowPlace(table, table.sealedRow as string, at);
    return envelopes.openMap(asText(sealed, table.form), place, (field) => wanted.get(field)).fields;
  }

  /** What stands in the clear beside a sealed value that is not there yet. */
  function plainOf(table: ResolvedTable, column: ResolvedColumn, stored: Row, isWhole = true): unknown {
    const source = column.importedFrom?.column;
    if (source === undefined || !table.sources.includes(source)) return null;
    if (isWhole) assertRead(table, stored, source);
    const plain = stored[source];
    return plain === null || plain === undefined ? null : plaintext.read(column, plain);
  }
  function one(table: ResolvedTable, at: RowBinding, stored: Row, column: ResolvedColumn): unknown {
    const sealed = stored[column.name];
    if (sealed === null || sealed === undefined) return plainOf(table, column, stored);
    try {
      return envelopes.open(asText(sealed, column.form), rowPlace(table, column.name, at), column.value);
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
    seal(table, at, given, put, current = {}) {
      const { sealedRow } = table;
      if (sealedRow !== undefined) {
        if (given.length === 0) return;
        put(sealedRow, sealMap(table, at, given, current));
        // What is sealed takes the plaintext's place, that of the whole row.
        for (const source of table.sources) put(source, null);
        return;
      }
      for (const [{ name, value: type, form, importedFrom }, value] of given) {
        if (value === null) put(name, null);
        else put(name, asStored(envelopes.seal(typedAs(type, value), rowPlace(table, name, at)), form));
        if (importedFrom !== undefined && importedFrom.column !== name) put(importedFrom.column, null);
      }
    },
    open(table, at, stored, columns) {
      const values = new Map<string, unknown>();
      openEach(table, at, stored, columns, ({ name }, value) => values.set(name, value));
      return values;
    },
    openEach,
  };

  function openEach(
    table: ResolvedTable,
    at: RowBinding,
    stored: Row,
    columns: readonly ResolvedColumn[],
    put: (column: ResolvedColumn, value: unknown) => void,
  ): void {
    const { sealedRow } = table;
    if (sealedRow === undefined) {
      // All of them are there before the first is opened.
      for (const { name } of columns) assertRead(table, stored, name);
      for (const column of columns) put(column, one(table, at, stored, column));
      return;
    }
    if (columns.length === 0) return;
    assertRead(table, stored, sealedRow);
    const sealed = stored[sealedRow];
    if (sealed === null || sealed === undefined) {
      for (const column of columns) put(column, plainOf(table, column, stored));
      return;
    }
    const fields = openMap(table, at, sealed, columns);
    for (const column of columns) put(column, fields.get(column.field as number)?.value ?? null);
  }
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
