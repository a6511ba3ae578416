import { SafekeepError } from '../base/errors.js';
import { nameOf, type Statement, say } from '../base/names.js';
import type { Policy, ResolvedColumn, ResolvedTable } from '../policy/index.js';

/** Which columns of a declared table make it a table of accounts. */
export interface AccountTable {
  readonly table: ResolvedTable;
  /** Quoted for SQL. */
  readonly sqlName: string;
  readonly key: string;
  /** The e-mail column, and the column of its blind index. */
  readonly login: ResolvedColumn;
  readonly loginIndex: string;
  readonly password: ResolvedColumn;
}

/**
 * Finds the columns of accounts in the policy: one row key, one e-mail column with an index, one password hash.
 * @throws SafekeepError ERR_ACCOUNTS_POLICY naming what is missing
 */
export function accountTable(policy: Policy, name: string): AccountTable {
  const table = policy.table(name);
  const columns = [...table.columns.values()];
  const logins = columns.filter(({ kind, index }) => kind === 'email' && index !== undefined);
  const passwords = columns.filter(({ kind }) => kind === 'password_hash');
  const [key] = table.rowKey;
  const [login] = logins;
  const [password] = passwords;
  const missing: Statement[] = [];
  if (table.rowKey.length !== 1) missing.push(say`a row key of one column`);
  if (logins.length !== 1) missing.push(say`one column of the kind email with an index`);
  if (login?.index?.current.bits !== undefined && login.index.current.bits < 128) {
    missing.push(say`an index of 128 bits, since a shorter one finds strangers too`);
  }
  if (passwords.length !== 1) missing.push(say`one column of the kind password_hash`);
  if (table.seal === 'row') missing.push(say`columns that are sealed one by one, since a sealed row shows no address`);
  if (table.tenant !== undefined) missing.push(say`no tenant, since a sign-in names none`);
  if (key === undefined || login?.index === undefined || password === undefined || missing.length > 0) {
    throw new SafekeepError('ERR_ACCOUNTS_POLICY', { table: nameOf(name), missing });
  }
  return { table, sqlName: sqlName(name), key, login, loginIndex: login.index.column, password };
}

/** Table and column names come from the policy, which admits lower-case SQL names only; quoting guards reserved words. */
export function sqlName(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');
}
