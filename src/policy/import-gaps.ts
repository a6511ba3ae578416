import { nameOf, type Statement, say } from '../base/names.js';
import type { ResolvedColumn, ResolvedPolicy, ResolvedTable } from './rules.js';

const sqlName = /^[a-z_][a-z0-9_]{0,62}$/;

/** What keeps an import from knowing which plaintext belongs into which column, and until when. */
export function importGaps(policy: ResolvedPolicy): readonly Statement[] {
  const gaps: Statement[] = [];
  for (const table of policy.tables.values()) {
    const taken = new Set<string>();
    for (const column of table.columns.values()) columnGaps(table, column, taken, gaps);
  }
  return gaps;
}

function columnGaps(table: ResolvedTable, column: ResolvedColumn, taken: Set<string>, gaps: Statement[]): void {
  const { importedFrom, name } = column;
  if (importedFrom === undefined) return;
  const place = say`${nameOf(table.name)}.${nameOf(name)}`;
  if (typeof importedFrom !== 'object' || importedFrom === null) {
    gaps.push(say`${place}: importedFrom names a column and until, its last day`);
    return;
  }
  const { column: source, until } = importedFrom;
  if (column.atRest !== 'sealed') gaps.push(say`${place}: only a sealed column is imported`);
  if (!isDay(until)) gaps.push(say`${place}: until is a day, such as 2027-01-31`);
  if (typeof source !== 'string' || !sqlName.test(source)) {
    gaps.push(say`${place}: importedFrom.column is no lower-case SQL name`);
    return;
  }
  if (taken.has(source)) gaps.push(say`${place}: two columns are imported from ${nameOf(source)}`);
  taken.add(source);
  // A column of a sealed row has none of its own in the database, so its name may be the plaintext's.
  const isOwn = (other: ResolvedColumn): boolean => table.seal === 'columns' || other.atRest !== 'sealed';
  const other = table.columns.get(source);
  const isColumn = source !== name && other !== undefined && isOwn(other);
  if (isColumn || [...table.plain, ...table.rowKey, ...table.derived].includes(source))
    gaps.push(say`${place}: is imported from ${nameOf(source)}, which the policy declares as something else`);
}

function isDay(until: unknown): boolean {
  if (typeof until !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(until)) return false;
  const day = new Date(`${until}T00:00:00.000Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(until);
}
