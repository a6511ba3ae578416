import type { BlindIndex, Ciphertext } from '../base/brands.js';
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
import { rowKeyOf } from './row-place.js';
import { createSealedColumns } from './sealed-columns.js';
import type { StoredRow } from './types.js';

export interface Rows {
  seal(value: unknown, place: Place): Ciphertext;
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
  function sealedColumn(name: string, column: string): ResolvedColumn {
    const table = policy.table(name);
    const found = columnOf(table, column);
    if (found.atRest !== 'sealed') throw refused(table, column, say`it is kept ${nameOf(found.atRest)}`);
    if (table.seal === 'row') throw refused(table, column, say`it is sealed with its row and has no value of its own`);
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
    const stored: Record<string, unknown> = Object.create(null);
    const values: (readonly [ResolvedColumn, unknown])[] = [];
    for (const [name, value] of Object.entries(row)) {
      if (value === undefined) continue;
      const declared = table.columns.get(name);
      if (declared === undefined) {
        if (!table.plain.includes(name) && !table.rowKey.includes(name))
          throw refused(table, name, say`the policy does not declare it`);
        stored[name] = value;
      } else if (declared.atRest === 'never') throw refused(table, name, say`it may never be stored`);
      else if (declared.atRest === 'sealed') values.push([declared, value]);
      else {
        if (value !== null) assertTyped(typedAs(declared.value, value), { table: table.name, column: name, row: key });
        stored[name] = value;
      }
    }
    Object.assign(stored, sealed.seal(table, key, values, current));
    if (table.indexes.length > 0) Object.assign(stored, indexes.store(table, key, row, current));
    return Object.freeze({ ...stored });
  }

  return {
    indexes,
    seal(value, place) {
      const { value: type } = sealedColumn(place.table, place.column);
      return envelopes.seal(typedAs(type, value), place);
    },
    open(value, place, purpose) {
      const column = sealedColumn(place.table, place.column);
      assertPurpose(policy.table(place.table), purpose, column);
      try {
        return new Secret<unknown>(envelopes.open(value, place, column.value), column.category);
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
      const key = rowKeyOf(table, stored);
      const opened: Record<string, unknown> = Object.create(null);
      for (const column of [...table.rowKey, ...table.plain]) {
        if (Object.hasOwn(stored, column)) opened[column] = stored[column];
      }
      const put = (column: ResolvedColumn, value: unknown): void => {
        opened[column.name] = value === null || value === undefined ? null : new Secret(value, column.category);
      };
      for (const column of kept) {
        const { name: own, atRest } = column;
        if (!Object.hasOwn(stored, own)) continue;
        put(column, atRest === 'sealed' ? sealed.one(table, key, stored, column) : stored[own]);
      }
      if (inRow.length > 0 && Object.hasOwn(stored, table.sealedRow as string)) {
        const values = sealed.open(table, key, stored, inRow);
        for (const column of inRow) put(column, values.get(column.name));
      }
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
      if (table.sources.length === 0 || kept.length === 0) return kept;
      // A plaintext that an old version writes while there is nothing sealed changes nothing else.
      return [...kept, ...table.sources];
    },
    blindIndex(name, column, value) {
      return indexes.current(policy.table(name), column, value);
    },
  };
}

/** Printed, it shows the labels of its Secrets; `reveal` is not among its own columns. */
function revealable(opened: Record<string, unknown>): Row & { reveal(): Row } {
  const row = { ...opened };
  const reveal = (): Row =>
    Object.fromEntries(
      Object.entries(row).map(([column, value]) => [column, Secret.isSecret(value) ? value.reveal() : value]),
    );
  return Object.freeze(Object.defineProperty(row, 'reveal', { value: reveal })) as Row & { reveal(): Row };
}
