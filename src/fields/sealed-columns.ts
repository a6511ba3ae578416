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
  seal(table: ResolvedTable, at: RowBinding, given: Given, current?: Row): Record<string, unknown>;
  /** The values of some columns, for no purpose: callers check it. What is null or not there yet is null. */
  open(
    table: ResolvedTable,
    at: RowBinding,
    stored: Row,
    columns: readonly ResolvedColumn[],
  ): ReadonlyMap<string, unknown>;
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
  function openMap(table: ResolvedTable, at: RowBinding, stored: unknown, columns: readonly ResolvedColumn[]) {
    const wanted = typesOf(columns);
    const place = rowPlace(table, table.sealedRow as string, at);
    const { fields } = envelopes.openMap(asText(stored, table.form), place, (field) => wanted.get(field));
    // A column that was declared after the row was sealed is not in it.
    return new Map(columns.map(({ name, field }) => [name, fields.get(field as number)?.value ?? null]));
  }

  function kept({ sealedRow }: ResolvedTable, columns: readonly string[]): readonly string[] {
    if (sealedRow === undefined) return columns;
    return columns.length === 0 ? [] : [sealedRow];
  }

  return {
    kept,
    seal(table, at, given, current = {}) {
      const { sealedRow } = table;
      if (sealedRow !== undefined) {
        return given.length === 0 ? {} : { [sealedRow]: sealMap(table, at, given, current[sealedRow]) };
      }
      const stored: Record<string, unknown> = {};
      for (const [{ name, value: type, form }, value] of given) {
        if (value === null) stored[name] = null;
        else stored[name] = asStored(envelopes.seal(typedAs(type, value), rowPlace(table, name, at)), form);
      }
      return stored;
    },
    open(table, at, stored, columns) {
      const missing = kept(
        table,
        columns.map(({ name }) => name),
      ).find((name) => !Object.hasOwn(stored, name));
      if (missing !== undefined) {
        throw new SafekeepError('ERR_COLUMN_REFUSED', {
          place: nameOf(`${table.name}.${missing}`),
          why: say`the stored row was read without it`,
        });
      }
      const { sealedRow } = table;
      if (sealedRow !== undefined) {
        const sealed = stored[sealedRow];
        if (columns.length === 0 || sealed === null || sealed === undefined)
          return new Map(columns.map(({ name }) => [name, null]));
        return openMap(table, at, sealed, columns);
      }
      return new Map(
        columns.map(({ name, value: type, form }) => {
          const sealed = stored[name];
          if (sealed === null || sealed === undefined) return [name, null];
          return [name, envelopes.open(asText(sealed, form), rowPlace(table, name, at), type)];
        }),
      );
    },
  };
}
