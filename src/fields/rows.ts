import type { BlindIndex, Ciphertext, SealedBytes } from '../base/brands.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import type { Row } from '../base/ports/database.js';
import { Secret } from '../base/secret.js';
import type { Envelopes, Place, RowKeyPart } from '../envelope/index.js';
import { assertTyped } from '../envelope/index.js';
import type { Policy, ResolvedColumn, ResolvedTable } from '../policy/index.js';
import type { BlindIndexer } from './blind-index.js';
import type { Passthrough } from './import/passthrough.js';
import { typedAs } from './loose-values.js';
import { createRowIndexes, type RowIndexes, refused } from './row-indexes.js';
import { assertTenant, bindingOf, type RowBinding, rowKeyOf } from './row-place.js';
import { createSealedColumns } from './sealed-columns.js';
import { asStored, asText } from './stored-form.js';
import type { StoredRow } from './types.js';

export interface Rows {
  seal(value: unknown, place: Place): Ciphertext | SealedBytes;
  open(sealed: unknown, place: Place, purpose: string): Secret<unknown>;
  sealRow(table: string, row: Row): StoredRow;
  openRow(table: string, stored: Row, purpose: string): Row & { reveal(): Row };
  /** What `current` is changed to by the patch: the columns that are written. */
  patch(table: string, current: Row, given: Row): StoredRow;
  /** The columns that a patch rests on: written only while they hold what they held. */
  watched(table: string, given: Row): readonly string[];
  blindIndex(table: string, column: string, value: string): BlindIndex;
  readonly indexes: RowIndexes;
}

interface OpenColumns {
  readonly kept: readonly ResolvedColumn[];
  readonly inRow: readonly ResolvedColumn[];
}

/** Sealing and opening as the policy says, for tables and columns by name. */
export function createRows(parts: {
  readonly policy: Policy;
  readonly envelopes: Envelopes;
  readonly indexer: BlindIndexer;
  readonly plaintext: Passthrough;
}): Rows {
  const { policy, envelopes, plaintext } = parts;
  const sealed = createSealedColumns(envelopes, plaintext);
  const columnsByPurpose = new WeakMap<ResolvedTable, Map<string, OpenColumns>>();
  const indexes = createRowIndexes(parts.indexer, sealed);

  function columnOf(table: ResolvedTable, column: string): ResolvedColumn {
    const found = table.columns.get(column);
    if (found === undefined) throw refused(table, column, say`the policy does not declare it as personal`);
    return found;
  }
  function sealedColumn(place: Place): ResolvedColumn {
    const { column } = place;
    const table = policy.table(place.table);
    const found = columnOf(table, column);
    if (found.atRest !== 'sealed') throw refused(table, column, say`it is kept ${nameOf(found.atRest)}`);
    if (table.seal === 'row') throw refused(table, column, say`it is sealed with its row and has no value of its own`);
    assertTenant(table, place);
    return found;
  }
  function assertPurpose(table: ResolvedTable, purpose: string, column?: ResolvedColumn): void {
    const columns = column === undefined ? [...table.columns.values()] : [column];
    if (policy.resolved.purposes.has(purpose) && columns.some(({ purposes }) => purposes.includes(purpose))) return;
    throw new SafekeepError('ERR_PURPOSE_REFUSED', {
      purpose: nameOf(purpose),
      place: nameOf(column === undefined ? table.name : `${table.name}.${column.name}`),
    });
  }
  /** The columns that a purpose opens: those with a column of the database, and those inside of the sealed row. */
  function columnsFor(table: ResolvedTable, purpose: string): OpenColumns {
    const known = columnsByPurpose.get(table) ?? new Map<string, OpenColumns>();
    const found = known.get(purpose);
    if (found !== undefined) return found;
    assertPurpose(table, purpose);
    const open = [...table.columns.values()].filter(
      ({ name, purposes }) => purposes.includes(purpose) && !table.rowKey.includes(name),
    );
    const isInRow = ({ atRest }: ResolvedColumn): boolean => table.seal === 'row' && atRest === 'sealed';
    const made = { kept: open.filter((column) => !isInRow(column)), inRow: open.filter(isInRow) };
    columnsByPurpose.set(table, known.set(purpose, made));
    return made;
  }
  /** What is stored for a row, or for a part of one of which `current` is the rest. */
  function store(table: ResolvedTable, key: readonly RowKeyPart[], row: Row, current?: Row): StoredRow {
    const stored: Record<string, unknown> = {};
    const values: (readonly [ResolvedColumn, unknown])[] = [];
    for (const name of Object.keys(row)) {
      const value = row[name];
      if (value === undefined) continue;
      const declared = table.columns.get(name);
      if (declared === undefined) {
        if (!table.plain.includes(name) && !table.rowKey.includes(name))
          throw refused(table, name, say`the policy does not declare it`);
        put(stored, name, value);
      } else if (declared.atRest === 'never') throw refused(table, name, say`it may never be stored`);
      else if (declared.atRest === 'sealed') values.push([declared, value]);
      else {
        if (value !== null) assertTyped(typedAs(declared.value, value), { table: table.name, column: name, row: key });
        put(stored, name, value);
      }
    }
    if (values.length > 0) {
      // A row does not change its tenant by a patch: the columns that are not in it would not open any more.
      const at = bindingOf(table, current === undefined ? row : current);
      sealed.seal(table, at, values, (name, value) => put(stored, name, value), current);
    }
    if (table.indexes.length > 0) Object.assign(stored, indexes.store(table, key, row, current));
    return Object.freeze(stored);
  }

  return {
    indexes,
    seal(value, place) {
      const { value: type, form } = sealedColumn(place);
      return asStored(envelopes.seal(typedAs(type, value), place), form);
    },
    open(value, place, purpose) {
      const column = sealedColumn(place);
      assertPurpose(policy.table(place.table), purpose, column);
      try {
        return new Secret<unknown>(envelopes.open(asText(value, column.form), place, column.value), column.category);
      } catch (refusal) {
        return new Secret<unknown>(plaintext.instead(column, value, refusal), column.category);
      }
    },
    sealRow(name, row) {
      const table = policy.table(name);
      return store(table, rowKeyOf(table, row), row);
    },
    openRow(name, stored, purpose) {
      const table = policy.table(name);
      const { kept, inRow } = columnsFor(table, purpose);
      rowKeyOf(table, stored);
      // Told when there is something to open: a row that was read without its tenant may still show the rest.
      let at: RowBinding | undefined;
      const opened: Record<string, unknown> = {};
      for (const columns of [table.rowKey, table.plain])
        for (const column of columns) if (Object.hasOwn(stored, column)) put(opened, column, stored[column]);
      const putSecret = (column: ResolvedColumn, value: unknown): void => {
        put(opened, column.name, value === null || value === undefined ? null : new Secret(value, column.category));
      };
      for (const column of kept) {
        const { name: own, atRest } = column;
        if (!Object.hasOwn(stored, own)) continue;
        const value = stored[own];
        const isNothing = (value === null || value === undefined) && column.importedFrom === undefined;
        if (atRest !== 'sealed' || isNothing) putSecret(column, value);
        else {
          at ??= bindingOf(table, stored);
          putSecret(column, sealed.one(table, at, stored, column));
        }
      }
      if (inRow.length > 0 && Object.hasOwn(stored, table.sealedRow as string))
        sealed.openEach(table, at ?? bindingOf(table, stored), stored, inRow, putSecret);
      return revealable(opened);
    },
    patch(name, current, given) {
      const table = policy.table(name);
      return store(table, rowKeyOf(table, current), given, current);
    },
    watched(name, given) {
      const table = policy.table(name);
      const changed = Object.keys(given).filter((column) => given[column] !== undefined);
      const touched = table.indexes.filter(({ of }) => of.some((column) => changed.includes(column)));
      const rests = new Set([...changed, ...touched.flatMap(({ of }) => of)]);
      const columns = [...rests].filter((column) => table.columns.get(column)?.atRest === 'sealed');
      const kept = sealed.kept(table, columns);
      if (kept.length === 0) return kept;
      // Sealed for the tenant of the row as it was read: it must still be that tenant's when it is written.
      const tenant = table.tenant === undefined ? [] : [table.tenant];
      // A plaintext that an old version writes while there is nothing sealed changes nothing else.
      return [...kept, ...tenant, ...table.sources];
    },
    blindIndex(name, column, value) {
      return indexes.current(policy.table(name), column, value);
    },
  };
}

/** As a column of the row, whatever its name: assigned, `__proto__` would be what the row inherits from. */
function put(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(row, name, { value, enumerable: true });
  else row[name] = value;
}

/** Printed, it shows the labels of its Secrets; `reveal` is not among its own columns. */
function revealable(row: Record<string, unknown>): Row & { reveal(): Row } {
  // Not by entries: lists of pairs, made and taken apart again, cost as much as the decryption.
  const reveal = (): Row => {
    const plain: Record<string, unknown> = {};
    for (const column of Object.keys(row)) {
      const value = row[column];
      put(plain, column, Secret.isSecret(value) ? value.reveal() : value);
    }
    return plain;
  };
  return Object.freeze(Object.defineProperty(row, 'reveal', { value: reveal })) as Row & { reveal(): Row };
}
