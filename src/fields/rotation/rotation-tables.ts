import { SafekeepError } from '../../base/errors.js';
import { nameOf, nearest } from '../../base/names.js';
import type { Queryable } from '../../base/ports/database.js';
import { columnTypes, quoted } from '../../database/catalogue.js';
import type { Policy } from '../../policy/index.js';

/**
 * How a column's values are bound: by fields to the row key as it is declared, one by one or as a whole row; by
 * passwords to the row key as text; by registrations to their own id; by other tables of ours to their whole row key.
 */
export type SealedBy = 'fields' | 'row' | 'password' | 'registration' | 'own';

/** A table with the columns that hold sealed values, and how it is walked. */
export interface RotationTable {
  readonly name: string;
  /** In the order that binds a value to its row. */
  readonly rowKey: readonly string[];
  readonly columns: ReadonlyMap<string, SealedBy>;
  /** Those of all its columns, the row key's among them, that are of type `bytea`. */
  readonly bytes: ReadonlySet<string>;
  /** The column that says whose a row is; undefined where the table serves nobody but its application. */
  readonly tenant: string | undefined;
  /** Read along with them. */
  readonly also: readonly string[];
}

/** Where a registration waits, sealed whole, until its mail is answered. */
export const registrations = 'safekeep.registrations';
/** Where the secrets of second factors are kept. */
export const secondFactors = 'safekeep.second_factors';
/** Where the other mail address of an account is kept until a change is confirmed, or can no longer be undone. */
export const mailChanges = 'safekeep.mail_changes';

const ownTables: readonly RotationTable[] = [
  {
    ...{ name: registrations, rowKey: ['id'], columns: new Map([['payload', 'registration']]) },
    ...{ bytes: new Set(), tenant: undefined, also: ['realm'] },
  },
  {
    ...{ name: secondFactors, rowKey: ['realm', 'account'], columns: new Map([['secret', 'own']]) },
    ...{ bytes: new Set(), tenant: undefined, also: [] },
  },
  {
    ...{ name: mailChanges, rowKey: ['realm', 'account', 'id'], columns: new Map([['address', 'own']]) },
    ...{ bytes: new Set(), tenant: undefined, also: [] },
  },
];

/**
 * Every place of the database that can hold a sealed value: the sealed and hashed columns of the policy, and the
 * toolkit's own registrations, second factors and changes of address where the schema `safekeep` is there.
 * @throws SafekeepError ERR_POLICY_TABLE for a name in `only` that is none of them
 */
export async function rotationTables(
  database: Queryable,
  policy: Policy,
  only?: readonly string[],
): Promise<readonly RotationTable[]> {
  const tables: RotationTable[] = [];
  for (const { name, rowKey, columns, sealedRow, tenant } of policy.resolved.tables.values()) {
    const sealed = new Map<string, SealedBy>();
    for (const { name: column, atRest } of columns.values()) {
      // Of a row that is sealed whole the columns are no columns of the database.
      if (atRest === 'sealed' && sealedRow === undefined) sealed.set(column, 'fields');
      if (atRest === 'hashed') sealed.set(column, 'password');
    }
    if (sealedRow !== undefined) sealed.set(sealedRow, 'row');
    if (sealed.size === 0) continue;
    const bytes = await bytesOf(database, name, [...rowKey, ...sealed.keys()]);
    const also = tenant === undefined || rowKey.includes(tenant) ? [] : [tenant];
    tables.push({ name, rowKey, columns: sealed, bytes, tenant, also });
  }
  for (const own of ownTables) {
    const [there] = await database.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
      quoted(own.name),
    ]);
    if (there?.found === true) tables.push(own);
  }
  for (const name of only ?? []) {
    if (tables.some((table) => table.name === name)) continue;
    const near = nearest(
      name,
      tables.map((table) => table.name),
    );
    const hint = near === undefined ? undefined : nameOf(near);
    throw new SafekeepError('ERR_POLICY_TABLE', { table: nameOf(name), nearest: hint });
  }
  return only === undefined ? tables : tables.filter(({ name }) => only.includes(name));
}

async function bytesOf(database: Queryable, table: string, columns: readonly string[]): Promise<ReadonlySet<string>> {
  const types = await columnTypes(database, table, columns);
  return new Set(columns.filter((column) => types.get(column) === 'bytea'));
}
