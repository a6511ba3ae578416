import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import type { Row } from '../base/ports/database.js';
import type { Envelopes, Place, Typed } from '../envelope/index.js';
import type { ResolvedColumn, ResolvedTable } from '../policy/index.js';
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
  /** The columns of the database that these columns are kept in. */
  kept(table: ResolvedTable, columns: readonly string[]): readonly string[];
}

export function createSealedColumns(envelopes: Envelopes): SealedColumns {
  // By the list itself: a purpose of a table asks for one and the same again and again.
  const types = new WeakMap<readonly ResolvedColumn[], ReadonlyMap<number, ResolvedColumn['value']>>();
  function rowPlace(table: ResolvedTable, column: string, { row, tenant }: RowBinding): Place {
    return { table: table.name, column, row, tenant };
  }
  function sealMap(table: ResolvedTable, at: RowBinding, given: Given, stored: unknown): unknown {
    const place = rowPlace(table, table.sealedRow as string, at);
    const sealed = asText(stored, table.form);
    const current = sealed === null || sealed === undefined ? undefined : envelopes.openMap(sealed, place);
    const fields = new Map<number, Typed | null>(current?.fields);
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

  function kept({ sealedRow }: ResolvedTable, columns: readonly string[]): readonly string[] {
    if (sealedRow === undefined) return columns;
    return columns.length === 0 ? [] : [sealedRow];
  }

  return {
    kept,
    seal(table, at, given, put, current = {}) {
      const { sealedRow } = table;
      if (sealedRow !== undefined) {
        if (given.length > 0) put(sealedRow, sealMap(table, at, given, current[sealedRow]));
        return;
      }
      for (const [{ name, value: type, form }, value] of given) {
        if (value === null) put(name, null);
        else put(name, asStored(envelopes.seal(typedAs(type, value), rowPlace(table, name, at)), form));
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
    const there = (name: string): unknown => {
      if (Object.hasOwn(stored, name)) return stored[name];
      throw new SafekeepError('ERR_COLUMN_REFUSED', {
        place: nameOf(`${table.name}.${name}`),
        why: say`the stored row was read without it`,
      });
    };
    if (sealedRow === undefined) {
      // All of them are there before the first is opened.
      const values = columns.map(({ name }) => there(name));
      columns.forEach((column, index) => {
        const value = values[index] ?? null;
        // Only null is null: an empty text is no sealed value, and says so.
        put(
          column,
          value === null
            ? null
            : envelopes.open(asText(value, column.form), rowPlace(table, column.name, at), column.value),
        );
      });
      return;
    }
    const sealed = columns.length === 0 ? null : there(sealedRow);
    const fields = sealed === null || sealed === undefined ? undefined : openMap(table, at, sealed, columns);
    for (const column of columns) put(column, fields?.get(column.field as number)?.value ?? null);
  }
}
