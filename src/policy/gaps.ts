import { nameOf, type Statement, say } from '../base/names.js';
import { importGaps } from './import-gaps.js';
import { indexGaps } from './index-gaps.js';
import { type Kind, kinds } from './kinds.js';
import { rowKeyGaps } from './row-key-gaps.js';
import type { Recipient, RecipientClass, ResolvedColumn, ResolvedPolicy, ResolvedTable } from './rules.js';
import { sealGaps } from './seal-gaps.js';
import { wordGaps } from './word-gaps.js';

/** Classes that receive data under an agreement; the others under a law, a sale or the person's own word. */
const needsContract: ReadonlySet<RecipientClass> = new Set(['processor', 'affiliate', 'third_party']);
const sqlName = /^[a-z_][a-z0-9_]{0,62}$/;
const sqlTable = /^([a-z_][a-z0-9_]{0,62}\.)?[a-z_][a-z0-9_]{0,62}$/;

/** Everything that keeps the policy from being kept. All of it at once, so that it is mended in one go. */
export function policyGaps(policy: ResolvedPolicy): readonly Statement[] {
  const gaps: Statement[] = [];
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(policy.application ?? '')) {
    gaps.push(say`application: needs a name of 1 to 64 letters, digits, _ and -`);
  }
  if (policy.purposes.size === 0) gaps.push(say`purposes: at least one is needed; no purpose means no use`);
  for (const { name, basis, preference, since } of policy.purposes.values()) {
    if (basis === 'consent' && preference === 'opt_out') {
      gaps.push(say`purpose ${nameOf(name)}: consent is opt_in; a choice that is on by default is none`);
    }
    if (!policy.notices.some(({ version }) => version === since)) {
      gaps.push(say`purpose ${nameOf(name)}: since ${nameOf(since)} names no notice version`);
    }
  }
  for (const name of policy.plainTables) tableName(name, gaps);
  for (const table of policy.tables.values()) tableGaps(table, policy, gaps);
  for (const recipient of policy.recipients.values()) recipientGaps(recipient, policy, gaps);
  return [...gaps, ...wordGaps(policy), ...sealGaps(policy), ...importGaps(policy)];
}

function tableName(name: string, gaps: Statement[]): void {
  if (!sqlTable.test(name)) gaps.push(say`table ${nameOf(name)}: is no lower-case SQL name`);
  if (name.startsWith('safekeep.')) gaps.push(say`table ${nameOf(name)}: the schema safekeep is the toolkit's own`);
}

function tableGaps(table: ResolvedTable, policy: ResolvedPolicy, gaps: Statement[]): void {
  tableName(table.name, gaps);
  const place = nameOf(table.name);
  if (table.rowKey.length === 0) gaps.push(say`${place}: says no row key, so a sealed value could move between rows`);
  rowKeyGaps(table, gaps);
  for (const column of table.columns.values()) columnGaps(column, policy, gaps);
  for (const index of table.indexes) indexGaps(table, index, gaps);
  const added = new Set<string>();
  for (const name of table.derived) {
    if (added.has(name) || table.columns.has(name) || table.plain.includes(name) || table.rowKey.includes(name)) {
      gaps.push(
        say`${place}.${nameOf(name)}: two things have this name; an index or a sealed row adds the column by itself`,
      );
    }
    added.add(name);
  }
  if (table.seal === 'row' && ![...table.columns.values()].some(({ atRest }) => atRest === 'sealed'))
    gaps.push(say`${place}: seals its rows and has no sealed column`);
  fieldGaps(table, gaps);
  for (const name of [...table.columns.keys(), ...table.plain, ...table.derived, ...table.rowKey]) {
    if (!sqlName.test(name)) gaps.push(say`${place}.${nameOf(name)}: is no lower-case SQL name`);
  }
}

/** Two columns of one number would be read for each other. */
function fieldGaps(table: ResolvedTable, gaps: Statement[]): void {
  const { version } = table;
  if (!Number.isInteger(version) || version < 1 || version > 0xffff_ffff)
    gaps.push(say`${nameOf(table.name)}: version is a whole number from 1 to ${0xffff_ffff}`);
  const taken = new Map<number, string>();
  for (const { name, field } of table.columns.values()) {
    if (field === undefined) continue;
    const place = say`${nameOf(table.name)}.${nameOf(name)}`;
    if (!Number.isInteger(field) || field < 0 || field > 0xffff)
      gaps.push(say`${place}: field is a whole number from 0 to ${0xffff}`);
    const other = taken.get(field);
    if (other !== undefined)
      gaps.push(say`${place}: has the field number ${field} of ${nameOf(other)}; give the newer one another`);
    taken.set(field, name);
  }
}

function columnGaps(column: ResolvedColumn, policy: ResolvedPolicy, gaps: Statement[]): void {
  const place = say`${nameOf(column.table)}.${nameOf(column.name)}`;
  const isHash = column.kind === 'password_hash';
  for (const purpose of column.purposes) {
    if (!policy.purposes.has(purpose)) gaps.push(say`${place}: purpose ${nameOf(purpose)} is not declared`);
  }
  if (column.requiredFor !== undefined) {
    const purpose = policy.purposes.get(column.requiredFor);
    if (purpose === undefined) gaps.push(say`${place}: requiredFor ${nameOf(column.requiredFor)} is not declared`);
    else if (purpose.basis !== 'contract' && purpose.basis !== 'legal_obligation') {
      gaps.push(
        say`${place}: required for ${nameOf(purpose.name)}, whose basis is ${nameOf(purpose.basis)}; only a contract or a law can require`,
      );
    } else if (!isHash && !column.purposes.includes(column.requiredFor)) {
      gaps.push(say`${place}: required for ${nameOf(purpose.name)}, which may not open it`);
    }
  }
  // PCI DSS 3.5.1: unreadable anywhere it is stored.
  if (column.kind === 'card_number' && column.atRest !== 'sealed')
    gaps.push(say`${place}: a card number is sealed, wherever it is kept`);
  if (column.atRest === 'sealed' && column.logs === 'show')
    gaps.push(say`${place}: sealed, so it cannot be shown in logs`);
  if (column.access === 'credential' && column.logs !== 'drop')
    gaps.push(say`${place}: a credential is dropped from logs`);
  // The kind decides, not the rule beside it: no override makes a card's verification number storable.
  if (column.atRest === 'never' || kinds[column.kind as Kind].atRest === 'never')
    gaps.push(say`${place}: ${nameOf(column.kind)} may never be stored, so no table can have it`);
  if (isCredential(column) && column.access !== 'credential')
    gaps.push(say`${place}: a credential has the access class credential, and no other`);
  if (isCredential(column) && column.atRest === 'clear') gaps.push(say`${place}: a credential is never kept readable`);
  if (isHash !== (column.atRest === 'hashed'))
    gaps.push(say`${place}: hashed belongs to password_hash, and to nothing else`);
  if (isHash && column.purposes.length > 0) gaps.push(say`${place}: no purpose opens a password hash`);
  if (column.index !== undefined && column.atRest !== 'sealed')
    gaps.push(say`${place}: only a sealed column needs a blind index`);
  if (column.index !== undefined && column.value !== 'text') gaps.push(say`${place}: only text can be indexed`);
}

function isCredential({ kind, access }: ResolvedColumn): boolean {
  return access === 'credential' || kinds[kind as Kind].access === 'credential';
}

function isWithin(category: string, wider: string): boolean {
  return category === wider || category.startsWith(`${wider}.`);
}

function recipientGaps(recipient: Recipient, policy: ResolvedPolicy, gaps: Statement[]): void {
  const place = say`recipient ${nameOf(recipient.name)}`;
  if (needsContract.has(recipient.class) && (recipient.contract ?? '').trim() === '') {
    gaps.push(say`${place}: its class ${nameOf(recipient.class)} needs a contract reference`);
  }
  for (const purpose of recipient.purposes) {
    if (!policy.purposes.has(purpose)) gaps.push(say`${place}: purpose ${nameOf(purpose)} is not declared`);
  }
  const categories = new Set(
    [...policy.tables.values()].flatMap((table) => [...table.columns.values()].map((c) => c.category)),
  );
  for (const category of recipient.categories) {
    if (![...categories].some((held) => isWithin(held, category))) {
      gaps.push(say`${place}: no column holds the category ${nameOf(category)}`);
    }
  }
  // Also by a wider category: `user` would take the credentials along.
  const credentials = [...policy.tables.values()]
    .flatMap((table) => [...table.columns.values()])
    .filter((column) => isCredential(column));
  if (
    recipient.categories.some(
      (given) => isWithin(given, 'user.authorization') || credentials.some(({ category }) => isWithin(category, given)),
    )
  ) {
    gaps.push(say`${place}: credentials are never disclosed`);
  }
  if (recipient.collectsDirectly !== undefined && recipient.collectsDirectly.notice.trim() === '') {
    gaps.push(say`${place}: collects by itself, so visitors must be told where it does`);
  }
}
