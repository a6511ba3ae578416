import type { BlindIndex } from '../base/brands.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, type Statement, say } from '../base/names.js';
import type { Row } from '../base/ports/database.js';
import type { RowKeyPart } from '../envelope/index.js';
import type { ResolvedColumn, ResolvedTable } from '../policy/index.js';
import type { IndexRule } from '../policy/rules.js';
import { type BlindIndexer, fold } from './blind-index.js';
import { bindingOf, rowKeyOf } from './row-place.js';
import type { SealedColumns } from './sealed-columns.js';

export interface RowIndexes {
  /** The blind indexes that a row stores for what is given; null where a value is null. */
  store(table: ResolvedTable, key: readonly RowKeyPart[], given: Row, current?: Row): Record<string, BlindIndex | null>;
  /** The index over exactly these columns. @throws ERR_COLUMN_REFUSED */
  over(table: ResolvedTable, columns: readonly string[]): IndexRule;
  /** What is written now for a value of one column, whose index has one partition. */
  current(table: ResolvedTable, column: string, value: unknown): BlindIndex;
  lookUp(table: ResolvedTable, where: Row): readonly BlindIndex[];
  /** Those of the rows that really hold the values: each is opened and compared. */
  confirm(table: ResolvedTable, where: Row, rows: readonly Row[]): readonly Row[];
  /** The indexes of a stored row that are not what they would be written as now. */
  stale(table: ResolvedTable, stored: Row): Record<string, BlindIndex | null>;
  /** One index of a stored row. @throws what does not open */
  look(table: ResolvedTable, index: IndexRule, stored: Row): IndexLook;
  /** As `BlindIndexer.keyOf`. */
  keyOf(table: ResolvedTable, index: IndexRule, values: readonly string[], stored: string): number | null;
}

/** What a row stores for an index, beside what it would store now. */
export interface IndexLook {
  readonly now: BlindIndex | null;
  /** The key of the ring that made what is stored; null where there is nothing, or none of its keys did. */
  readonly keyId: number | null;
}

export function createRowIndexes(indexer: BlindIndexer, sealed: SealedColumns): RowIndexes {
  function over(table: ResolvedTable, columns: readonly string[]): IndexRule {
    const wanted = [...columns].sort().join('\0');
    const found = table.indexes.find(({ of }) => [...of].sort().join('\0') === wanted);
    if (found !== undefined) return found;
    const undeclared = columns.find((column) => !table.columns.has(column));
    if (undeclared !== undefined) throw refused(table, undeclared, say`the policy does not declare it as personal`);
    throw refused(table, columns.length === 1 ? columns[0] : undefined, say`no index is over exactly these columns`);
  }
  function indexOf(table: ResolvedTable, index: IndexRule, key: readonly RowKeyPart[], row: Row): BlindIndex | null {
    const values = valuesOf(table, index, row);
    return values === null ? null : indexer.store(table.name, index, values, key);
  }
  function membersOf(table: ResolvedTable, { of }: IndexRule): readonly ResolvedColumn[] {
    return of.map((name) => table.columns.get(name) as ResolvedColumn);
  }
  function opened(table: ResolvedTable, index: IndexRule, stored: Row): Row {
    return Object.fromEntries(sealed.open(table, bindingOf(table, stored), stored, membersOf(table, index)));
  }

  function absent(table: ResolvedTable, index: IndexRule): Row {
    if (table.seal !== 'row') throw refused(table, index.column, say`an index of several columns needs them all`);
    return Object.fromEntries(index.of.map((name) => [name, null]));
  }

  return {
    over,
    store(table, key, given, current) {
      const stored: Record<string, BlindIndex | null> = {};
      for (const index of table.indexes) {
        const there = index.of.filter((name) => has(given, name));
        if (there.length === 0) continue;
        if (there.some((name) => given[name] === null)) {
          stored[index.column] = null;
          continue;
        }
        let row = given;
        if (there.length < index.of.length) {
          // The index of one new value and values that nobody knows here would be wrong for ever after. A sealed row
          // is always written whole: there, what is left out is not there.
          const rest = current === undefined ? absent(table, index) : opened(table, index, current);
          row = { ...rest, ...Object.fromEntries(there.map((name) => [name, given[name]])) };
        }
        stored[index.column] = indexOf(table, index, key, row);
      }
      return stored;
    },
    current(table, column, value) {
      const index = table.columns.get(column)?.index ?? over(table, [column]);
      if (index.current.partitions > 1)
        throw refused(table, index.column, say`it has partitions: blindIndexes gives the value of each`);
      if (typeof value !== 'string') throw wrongType(table, column);
      // With one partition no row key decides.
      return indexer.store(table.name, index, [value], []);
    },
    lookUp(table, where) {
      const index = over(table, Object.keys(where));
      return indexer.lookUp(table.name, index, wantedOf(table, index, where));
    },
    confirm(table, where, rows) {
      const index = over(table, Object.keys(where));
      const wanted = wantedOf(table, index, where);
      const versions = [index.current, ...index.previous];
      const folded = versions.map((version) => fold(version, wanted));
      return rows.filter((stored) => {
        const values = valuesOf(table, index, opened(table, index, stored));
        // Under any of the versions: a row that was indexed by an older one was rightly found by it.
        return values !== null && versions.some((version, at) => equal(fold(version, values), folded[at] ?? []));
      });
    },
    stale(table, stored) {
      const key = rowKeyOf(table, stored);
      const changed: Record<string, BlindIndex | null> = {};
      for (const index of table.indexes) {
        const now = indexOf(table, index, key, opened(table, index, stored));
        if (stored[index.column] !== now) changed[index.column] = now;
      }
      return changed;
    },
    keyOf: (table, index, values, stored) => indexer.keyOf(table.name, index, values, stored),
    look(table, index, stored) {
      const values = valuesOf(table, index, opened(table, index, stored));
      const now = values === null ? null : indexer.store(table.name, index, values, rowKeyOf(table, stored));
      const there = stored[index.column];
      const known = values !== null && typeof there === 'string';
      return { now, keyId: known ? indexer.keyOf(table.name, index, values, there) : null };
    },
  };
}

function has(row: Row, name: string): boolean {
  return Object.hasOwn(row, name) && row[name] !== undefined;
}

/** null when one of them is null: such a row is not found by the index, as a null is not found by `=`. */
function valuesOf(table: ResolvedTable, { of }: IndexRule, row: Row): readonly string[] | null {
  const values: string[] = [];
  let isNull = false;
  for (const name of of) {
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    if (value === null) isNull = true;
    else if (typeof value === 'string') values.push(value);
    else throw wrongType(table, name);
  }
  return isNull ? null : values;
}

function wantedOf(table: ResolvedTable, index: IndexRule, where: Row): readonly string[] {
  const values = valuesOf(table, index, where);
  if (values === null) throw wrongType(table, index.of.find((name) => where[name] === null) ?? index.name);
  return values;
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}

function wrongType(table: ResolvedTable, column: string): SafekeepError {
  return new SafekeepError('ERR_VALUE_TYPE', { type: nameOf('text'), place: nameOf(`${table.name}.${column}`) });
}

export function refused(table: ResolvedTable, column: string | undefined, why: Statement): SafekeepError {
  const place = nameOf(column === undefined ? table.name : `${table.name}.${column}`);
  return new SafekeepError('ERR_COLUMN_REFUSED', { place, why });
}
