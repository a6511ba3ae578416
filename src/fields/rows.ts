import type { BlindIndex, Ciphertext } from '../base/brands.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, type Statement, say } from '../base/names.js';
import type { Row } from '../base/ports/database.js';
import { Secret } from '../base/secret.js';
import type { Envelopes, Place } from '../envelope/index.js';
import { assertTyped } from '../envelope/index.js';
import type { Policy, ResolvedColumn, ResolvedTable } from '../policy/index.js';
import type { BlindIndexer } from './blind-index.js';
import { typedAs } from './loose-values.js';
import { rowKeyOf } from './row-place.js';
import type { StoredRow } from './types.js';

export interface Rows {
  seal(value: unknown, place: Place): Ciphertext;
  open(sealed: unknown, place: Place, purpose: string): Secret<unknown>;
  sealRow(table: string, row: Row): StoredRow;
  openRow(table: string, stored: Row, purpose: string): Row & { reveal(): Row };
  blindIndex(table: string, column: string, value: string): BlindIndex;
}

/** Sealing and opening as the policy says, for tables and columns by name. */
export function createRows(parts: {
  readonly policy: Policy;
  readonly envelopes: Envelopes;
  readonly blindIndex: BlindIndexer;
}): Rows {
  const { policy, envelopes } = parts;
  for (const table of policy.resolved.tables.values()) {
    // Said aloud rather than sealed column by column: the two are stored differently.
    if (table.seal === 'row') throw refused(table.name, undefined, say`sealing a whole row is not available yet`);
  }

  function columnOf(table: string, column: string): ResolvedColumn {
    const found = policy.table(table).columns.get(column);
    if (found === undefined) throw refused(table, column, say`the policy does not declare it as personal`);
    return found;
  }
  function sealedColumn(table: string, column: string): ResolvedColumn {
    const found = columnOf(table, column);
    if (found.atRest !== 'sealed') throw refused(table, column, say`it is kept ${nameOf(found.atRest)}`);
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
  function indexOf(column: ResolvedColumn, value: unknown): BlindIndex {
    const { index, table, name } = column;
    if (index === undefined) throw refused(table, name, say`it has no index`);
    if (typeof value !== 'string') {
      throw new SafekeepError('ERR_VALUE_TYPE', { type: nameOf('text'), place: nameOf(`${table}.${name}`) });
    }
    return parts.blindIndex(table, index, value);
  }
  /** Adds what a column is stored as: itself, or its seal and its index. */
  function storeColumn(into: Record<string, unknown>, column: ResolvedColumn, value: unknown, place: Place): void {
    if (column.atRest === 'never') throw refused(column.table, column.name, say`it may never be stored`);
    if (value === null) into[column.name] = null;
    else if (column.atRest === 'sealed') into[column.name] = envelopes.seal(typedAs(column.value, value), place);
    else {
      assertTyped(typedAs(column.value, value), place);
      into[column.name] = value;
    }
    if (column.index !== undefined) into[column.index.column] = value === null ? null : indexOf(column, value);
  }

  return {
    seal(value, place) {
      const { value: type } = sealedColumn(place.table, place.column);
      return envelopes.seal(typedAs(type, value), place);
    },
    open(sealed, place, purpose) {
      const column = sealedColumn(place.table, place.column);
      assertPurpose(policy.table(place.table), purpose, column);
      return new Secret<unknown>(envelopes.open(sealed, place, column.value), column.category);
    },
    sealRow(name, row) {
      const table = policy.table(name);
      const key = rowKeyOf(table, row);
      const stored: Record<string, unknown> = Object.create(null);
      for (const [column, value] of Object.entries(row)) {
        if (value === undefined) continue;
        const declared = table.columns.get(column);
        if (declared !== undefined) storeColumn(stored, declared, value, { table: name, column, row: key });
        else if (table.plain.includes(column) || table.rowKey.includes(column)) stored[column] = value;
        else throw refused(name, column, say`the policy does not declare it`);
      }
      return Object.freeze({ ...stored });
    },
    openRow(name, stored, purpose) {
      const table = policy.table(name);
      assertPurpose(table, purpose);
      const key = rowKeyOf(table, stored);
      const opened: Record<string, unknown> = Object.create(null);
      for (const column of [...table.rowKey, ...table.plain]) {
        if (Object.hasOwn(stored, column)) opened[column] = stored[column];
      }
      for (const [column, { purposes, atRest, value: type, category }] of table.columns) {
        if (!purposes.includes(purpose) || !Object.hasOwn(stored, column) || table.rowKey.includes(column)) continue;
        const value = stored[column];
        const place = { table: name, column, row: key };
        if (value === null || value === undefined) opened[column] = null;
        else opened[column] = new Secret(atRest === 'sealed' ? envelopes.open(value, place, type) : value, category);
      }
      return revealable(opened);
    },
    blindIndex: (table, column, value) => indexOf(columnOf(table, column), value),
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

function refused(table: string, column: string | undefined, why: Statement): SafekeepError {
  const place = nameOf(column === undefined ? table : `${table}.${column}`);
  return new SafekeepError('ERR_COLUMN_REFUSED', { place, why });
}
