import type { Recipient, ResolvedColumn, ResolvedTable } from './rules.js';

/** Whether a recipient may be given a column for a purpose of its own: purpose and category must both allow it. */
export function mayReceive(recipient: Recipient, column: ResolvedColumn, purpose: string): boolean {
  if (column.atRest === 'hashed' || column.atRest === 'never') return false;
  return (
    recipient.purposes.includes(purpose) &&
    column.purposes.includes(purpose) &&
    recipient.categories.some((given) => column.category === given || column.category.startsWith(`${given}.`))
  );
}

/**
 * The personal columns of a table that a recipient may be given for a purpose, in the table's order. It does NOT ask
 * whether the person has opted out: that is a dated request of theirs.
 * @example
 * const names = receivableColumns(policy.table('subscribers'), partner.recipient, 'provisioning');
 */
export function receivableColumns(table: ResolvedTable, recipient: Recipient, purpose: string): readonly string[] {
  return [...table.columns.values()].filter((column) => mayReceive(recipient, column, purpose)).map(({ name }) => name);
}
