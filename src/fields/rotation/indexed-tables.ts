import type { Queryable } from '../../base/ports/database.js';
import { columnTypes, quoted } from '../../database/catalogue.js';
import type { WalkedRow } from '../../database/index.js';
import type { KeyRing } from '../../keys/index.js';
import type { Policy, ResolvedTable } from '../../policy/index.js';
import type { IndexRule } from '../../policy/rules.js';
import type { IndexLook } from '../row-indexes.js';
import { headerOf } from './key-text.js';
import type { KnownFields } from './known-fields.js';
import { openPayload } from './reseal.js';
import { registrations } from './rotation-tables.js';

/** A table with blind indexes, and how it is walked to compute them anew. */
export interface IndexedTable {
  readonly name: string;
  readonly rowKey: readonly string[];
  readonly indexes: readonly { readonly column: string; readonly unique: boolean }[];
  /** What the indexes are computed from: read along, and compared before an index is written. */
  readonly from: readonly string[];
  /** Whether rows may hold what an index key or a version of before made. */
  readonly isDue: boolean;
  /**
   * One index column of a row. null: nothing can be said of it, because the row still waits for its import.
   * @throws SafekeepError when a value that it is computed from does not open
   */
  look(row: WalkedRow, column: string): IndexLook | null;
}

/**
 * The tables of the policy that have blind indexes, and the registrations that wait for their mail, which are found by
 * one. `only`: of these names.
 */
export async function indexedTables(
  database: Queryable,
  known: KnownFields,
  only?: readonly string[],
): Promise<readonly IndexedTable[]> {
  const { policy, keys } = known;
  const oldKey = hasOldKey(keys);
  const tables: IndexedTable[] = [];
  for (const table of policy.resolved.tables.values()) {
    if (table.indexes.length === 0 || only?.includes(table.name) === false) continue;
    tables.push(await declaredTable(database, known, table, oldKey));
  }
  const wanted = only === undefined || only.includes(registrations);
  if (wanted && loginsOf(policy).size > 0 && (await isThere(database, registrations)))
    tables.push(waitingRegistrations(known, oldKey));
  return tables;
}

/** A key that still finds rows, beside the one that new rows are indexed under. One that is staged has indexed none yet. */
function hasOldKey(keys: KeyRing): boolean {
  return keys
    .list()
    .some(({ purpose, state }) => purpose === 'index' && (state === 'decrypt-only' || state === 'compromised'));
}

async function declaredTable(
  database: Queryable,
  { indexes: looks }: KnownFields,
  table: ResolvedTable,
  oldKey: boolean,
): Promise<IndexedTable> {
  const { name, rowKey, indexes, sealedRow, tenant, sources } = table;
  const members = sealedRow === undefined ? [...new Set(indexes.flatMap(({ of }) => of))] : [sealedRow];
  const types = await columnTypes(database, name, [...rowKey, ...members]);
  const byColumn = new Map<string, IndexRule>(indexes.map((index) => [index.column, index]));
  const also = tenant === undefined || rowKey.includes(tenant) ? [] : [tenant];
  const noPlaintext = Object.fromEntries(sources.map((source) => [source, null]));
  const storedOf = (row: WalkedRow, column: string): unknown => {
    const text = row[column] ?? null;
    // PostgreSQL writes bytes as \x and hex; the application stored the bytes themselves.
    return text !== null && types.get(column) === 'bytea' ? Buffer.from(text.slice(2), 'hex') : text;
  };
  /** Whatever stands in the clear for it gets its index with its seal. */
  const waits = (row: WalkedRow, { of }: IndexRule): boolean =>
    of.some((member) => {
      if (table.columns.get(member)?.importedFrom === undefined) return false;
      const column = sealedRow ?? member;
      return types.get(column) === 'bytea' ? (row[column] ?? null) === null : headerOf(row[column] ?? '') === null;
    });
  return {
    name,
    rowKey,
    indexes: indexes.map(({ column, unique }) => ({ column, unique })),
    from: [...members.filter((member) => !rowKey.includes(member)), ...also],
    isDue: oldKey || indexes.some(({ previous }) => previous.length > 0),
    look(row, column) {
      const index = byColumn.get(column) as IndexRule;
      if (waits(row, index)) return null;
      const stored: Record<string, unknown> = { ...noPlaintext, [column]: row[column] ?? null };
      for (const read of [...rowKey, ...members]) stored[read] = storedOf(row, read);
      for (const read of also) stored[read] = row[read];
      return looks.look(table, index, stored);
    },
  };
}

/** What a registration is found by until its mail is answered: the index of the address that is sealed in it. */
function waitingRegistrations(known: KnownFields, oldKey: boolean): IndexedTable {
  const { policy, fields, indexes } = known;
  const logins = loginsOf(policy);
  const open = openPayload(known);
  return {
    name: registrations,
    rowKey: ['id'],
    indexes: [{ column: 'login_index', unique: false }],
    from: ['payload', 'realm'],
    isDue: oldKey || [...logins.values()].some(({ previous }) => previous.length > 0),
    look(row) {
      const realm = row['realm'] ?? '';
      const index = logins.get(realm);
      const [column] = index?.of ?? [];
      // A table that the policy no longer has: nobody will ask for it.
      if (index === undefined || column === undefined) return null;
      const address = open(row).row?.[column];
      if (typeof address !== 'string') return null;
      const [now = null] = fields.blindIndexes(realm, { [column]: address });
      return { now, keyId: indexes.keyOf(policy.table(realm), index, [address], row['login_index'] ?? '') };
    },
  };
}

/** The index that an account of each table is found by: that of its one e-mail address, beside a password. */
function loginsOf(policy: Policy): ReadonlyMap<string, IndexRule> {
  const logins = new Map<string, IndexRule>();
  for (const { name, columns } of policy.resolved.tables.values()) {
    const all = [...columns.values()];
    const login = all.find(({ kind, index }) => kind === 'email' && index !== undefined);
    if (login?.index !== undefined && all.some(({ kind }) => kind === 'password_hash')) logins.set(name, login.index);
  }
  return logins;
}

async function isThere(database: Queryable, table: string): Promise<boolean> {
  const found = await database.one<{ found: boolean }>('select to_regclass($1) is not null as found', [quoted(table)]);
  return found.found;
}
