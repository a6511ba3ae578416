import type { PasswordHash } from '../base/brands.js';
import { type Clock, systemClock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { objectRule, readOptions, required, textRule, withDefault } from '../base/options.js';
import type { Account, Accounts } from '../base/ports/accounts.js';
import type { Database, Queryable, Row } from '../base/ports/database.js';
import type { Fields } from '../fields/index.js';
import type { Policy } from '../policy/index.js';
import { accountTable } from './account-table.js';
import { mailAddress } from './mail-address.js';

export interface SqlAccountsOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly fields: Fields;
  /** The application's table of accounts, as declared in the policy. */
  readonly table: string;
  readonly clock?: Clock | undefined;
}

type From = Pick<Account, 'passwordHash' | 'epoch'>;

interface AccountRow extends Row {
  readonly id: string;
  readonly hash: PasswordHash;
  readonly state: 'active' | 'disabled';
  readonly epoch: number;
}

const shape = {
  database: required(objectRule<Database>('query', 'transaction')),
  policy: required(objectRule<Policy>('table')),
  fields: required(objectRule<Fields>('blindIndexes', 'open')),
  table: required(textRule({ maxLength: 130 })),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};

/**
 * The Accounts port over a table of the application's own, derived from the policy: the e-mail address is found by its
 * blind index, the password hash read from its column, and epoch and state kept beside it in `safekeep.accounts`. A row
 * without its entry there is no account: it was never confirmed.
 */
export function sqlAccounts(options: SqlAccountsOptions): Accounts {
  const { database, policy, fields, table, clock } = readOptions('sqlAccounts', shape, options);
  const columns = accountTable(policy, table);
  const { sqlName, key, password, login, loginIndex } = columns;
  const select = `select t."${key}"::text as id, t."${password.name}" as hash, a.state, a.epoch
    from ${sqlName} t join safekeep.accounts a on a.realm = $1 and a.account = t."${key}"::text`;

  async function writePassword(id: string, to: PasswordHash, tx: Queryable, from?: From): Promise<boolean> {
    // Everything that changes a password takes this lock first, in this order.
    const [locked] = await tx.query<{ epoch: number }>(
      'select epoch from safekeep.accounts where realm = $1 and account = $2 for update',
      [table, id],
    );
    if (from !== undefined && locked?.epoch !== from.epoch) return false;
    const written = await tx.query(
      `update ${sqlName} set "${password.name}" = $2
       where "${key}" = $1 and ($3::text is null or "${password.name}" = $3) returning "${key}"`,
      [id, to, from?.passwordHash ?? null],
    );
    if (written.length !== 1) return false;
    await tx.query(
      'update safekeep.accounts set epoch = epoch + 1, password_changed_at = $3 where realm = $1 and account = $2',
      [table, id, new Date(clock.nowMs())],
    );
    await tx.query('delete from safekeep.sessions where realm = $1 and account = $2', [table, id]);
    return true;
  }

  return Object.freeze({
    async findByLogin(typed: string) {
      // All that the row may hold while the index changes, or an account would be gone until it is indexed anew.
      const indexes = fields.blindIndexes(table, { [login.name]: typed });
      const [row] = await database.query<AccountRow>(`${select} where t."${loginIndex}" = any($2::text[])`, [
        ...[table, indexes],
      ]);
      return row === undefined ? null : account(row);
    },
    async find(id: string) {
      const [row] = await database.query<AccountRow>(`${select} where t."${key}" = $2`, [table, id]);
      return row === undefined ? null : account(row);
    },
    mailAddress: (id: string) => mailAddress(database, fields, columns, id),
    setPassword: (id: string, hash: PasswordHash, tx: Queryable) => writePassword(id, hash, tx),
    replacePassword: (id: string, from: From, to: PasswordHash) =>
      database.transaction((tx) => writePassword(id, to, tx, from)),
    async swapPasswordHash(id: string, from: PasswordHash, to: PasswordHash) {
      const swapped = await database.query(
        `update ${sqlName} set "${password.name}" = $3 where "${key}" = $1 and "${password.name}" = $2
         returning "${key}"`,
        [id, from, to],
      );
      return swapped.length === 1;
    },
    async raiseEpoch(id: string, tx: Queryable = database) {
      const [row] = await tx.query<{ epoch: number }>(
        'update safekeep.accounts set epoch = epoch + 1 where realm = $1 and account = $2 returning epoch',
        [table, id],
      );
      if (row === undefined) throw new SafekeepError('ERR_ROW_NOT_FOUND');
      return row.epoch;
    },
  });
}

function account({ id, hash, state, epoch }: AccountRow): Account {
  return Object.freeze({ id, passwordHash: hash, state, epoch });
}
