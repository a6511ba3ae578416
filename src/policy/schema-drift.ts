import { nameOf, type Statement, say } from '../base/names.js';
import type { LiveColumns } from '../base/ports/database.js';
import type { ResolvedPolicy } from './rules.js';

/** Types that hold a sealed value, a password hash or a blind index in text form. */
const textTypes: ReadonlySet<string> = new Set(['text', 'character varying']);
const bytesTypes: ReadonlySet<string> = new Set(['bytea']);

/** Every difference between the declaration and the live database, by name. */
export function schemaDrift(
  policy: ResolvedPolicy,
  live: LiveColumns,
  elsewhere: ReadonlySet<string>,
): readonly Statement[] {
  const differences: Statement[] = [];
  for (const name of live.keys()) {
    if (!policy.tables.has(name) && !policy.plainTables.includes(name)) {
      differences.push(say`table ${nameOf(name)} is in the database and not in the policy`);
    }
  }
  for (const table of policy.tables.values()) {
    const columns = live.get(table.name);
    // A table that is here after all is held to its declaration, wherever it was said to live.
    if (columns === undefined && elsewhere.has(table.name)) continue;
    if (columns === undefined) {
      differences.push(say`table ${nameOf(table.name)} is in the policy and not in the database`);
      continue;
    }
    // Where rows are sealed whole, a sealed column is a part of the column `sealed` and must not be one beside it.
    const own = [...table.columns.values()].filter(({ atRest }) => table.seal === 'columns' || atRest !== 'sealed');
    const declared = new Set([...own.map(({ name }) => name), ...table.plain, ...table.derived, ...table.rowKey]);
    for (const { name } of columns) {
      if (!declared.has(name) && !table.sources.includes(name))
        differences.push(say`column ${nameOf(table.name)}.${nameOf(name)} is in the database and not in the policy`);
    }
    const liveTypes = new Map(columns.map(({ name, type }) => [name, type]));
    for (const name of declared) {
      const type = liveTypes.get(name);
      const place = say`column ${nameOf(table.name)}.${nameOf(name)}`;
      if (type === undefined) differences.push(say`${place} is in the policy and not in the database`);
      else if (holdsBytes(name)) {
        if (!bytesTypes.has(type)) differences.push(say`${place} is declared as stored in bytes; it needs bytea`);
      } else if (holdsText(name) && !textTypes.has(type)) {
        differences.push(say`${place} has a type that cannot hold a sealed value or an index; it needs text`);
      }
    }
    const tenant = columns.find(({ name }) => name === table.tenant);
    if (tenant?.nullable === true) {
      const place = say`column ${nameOf(table.name)}.${nameOf(tenant.name)}`;
      differences.push(say`${place} may be null, and a row without its tenant cannot be sealed or opened`);
    }
    function holdsBytes(name: string): boolean {
      return (name === table.sealedRow ? table.form : table.columns.get(name)?.form) === 'bytes';
    }
    function holdsText(name: string): boolean {
      const rule = table.columns.get(name)?.atRest;
      return rule === 'sealed' || rule === 'hashed' || table.derived.includes(name);
    }
  }
  return differences;
}
