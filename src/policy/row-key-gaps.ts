import { nameOf, type Statement, say } from '../base/names.js';
import { guessKind } from './kind-words.js';
import type { ResolvedTable } from './rules.js';

/** What keeps a row key, or a tenant, from binding sealed values, or from being said what it is. */
export function rowKeyGaps(table: ResolvedTable, gaps: Statement[]): void {
  const holdsAccounts = [...table.columns.values()].some(({ kind }) => kind === 'password_hash');
  for (const key of table.rowKey) {
    const place = say`${nameOf(table.name)}.${nameOf(key)}`;
    const column = table.columns.get(key);
    if (column === undefined) {
      // It is in every reference to the row, in the clear: nobody may forget that it is an address. Names decide, as in
      // a draft; what hides behind another name is the developer's to list.
      const guessed = table.plain.includes(key) ? undefined : guessKind(key);
      if (guessed !== undefined)
        gaps.push(say`${place}: a row key like ${nameOf(guessed.is)}; list it in columns, as what it is`);
      continue;
    }
    if (column.atRest !== 'clear') gaps.push(say`${place}: a row key cannot be ${nameOf(column.atRest)}`);
    // Sessions and security events name the account; the events are never erased.
    else if (holdsAccounts)
      gaps.push(say`${place}: the key of an account is kept with its events, so it cannot be personal`);
  }
  if (table.tenant !== undefined) tenantGap(table, table.tenant, gaps);
}

function tenantGap(table: ResolvedTable, tenant: string, gaps: Statement[]): void {
  const place = say`${nameOf(table.name)}: the tenant ${nameOf(tenant)}`;
  const column = table.columns.get(tenant);
  if (column === undefined && !table.plain.includes(tenant) && !table.rowKey.includes(tenant))
    gaps.push(say`${place} is no column of the table; list it, mostly as 'not personal'`);
  if (column !== undefined && column.atRest !== 'clear') gaps.push(say`${place} cannot be ${nameOf(column.atRest)}`);
}
