import { SafekeepError } from '../base/errors.js';
import type { Database, Queryable } from '../base/ports/database.js';

/** Where second factors are kept. Secrets arrive sealed, recovery codes and ids hashed. */
export interface FactorStore {
  isOn(account: string, tx?: Queryable): Promise<boolean>;
  /** Keeps a secret that is not confirmed yet, in the place of one that was not. False: the account has a factor. */
  propose(account: string, sealed: string, now: Date): Promise<boolean>;
  /** The secret that waits to be confirmed, if it was proposed after `since`. */
  proposed(account: string, since: Date, tx?: Queryable): Promise<string | null>;
  /** Confirms that very secret, and no other that was proposed meanwhile. False: another one was. */
  confirm(
    account: string,
    proven: { readonly sealed: string; readonly step: number },
    now: Date,
    tx: Queryable,
  ): Promise<boolean>;
  /**
   * Takes the place of one try before the code is looked at, and gives the sealed secret: parallel tries cannot share
   * a place. null: no factor, or it waits after wrong codes.
   */
  reserve(account: string, now: Date): Promise<string | null>;
  /** Spends a step by compare-and-swap, which ends the row of failures. False: it, or a later one, is spent already. */
  spendStep(account: string, step: number): Promise<boolean>;
  /** Spends a recovery code by deleting it, which ends the row of failures. False: there is none such. */
  spendCode(account: string, hash: Buffer): Promise<boolean>;
  replaceCodes(account: string, hashes: readonly Buffer[], tx: Queryable): Promise<void>;
  codesLeft(account: string): Promise<number>;
  remove(account: string, tx: Queryable): Promise<boolean>;
  /** Locks the account's row, which everything that changes how it signs in does first, and gives its epoch. */
  lock(account: string, tx: Queryable): Promise<number>;
  /** Deletes secrets that were not confirmed in time; returns how many. */
  purge(before: Date): Promise<number>;
}

/** Wrong codes in a row that cost nothing; each further one doubles the wait, up to fifteen minutes. */
const freeFailures = 5;
const longestWaitSeconds = 900;
/** After so many in a row only a recovery code helps. NIST SP 800-63B-4 3.2.2: no more than 100. */
const mostFailures = 100;

export function sqlFactorStore({
  database,
  realm,
}: {
  readonly database: Database;
  readonly realm: string;
}): FactorStore {
  const settled = 'failures = 0, waits_until = null';
  return {
    async isOn(account, tx = database) {
      const rows = await tx.query(
        'select 1 from safekeep.second_factors where realm = $1 and account = $2 and confirmed_at is not null',
        [realm, account],
      );
      return rows.length === 1;
    },
    async propose(account, sealed, now) {
      const rows = await database.query(
        `insert into safekeep.second_factors as f (realm, account, secret, created_at) values ($1, $2, $3, $4)
         on conflict (realm, account) do update set secret = excluded.secret, created_at = excluded.created_at
         where f.confirmed_at is null returning 1`,
        [realm, account, sealed, now],
      );
      return rows.length === 1;
    },
    async proposed(account, since, tx = database) {
      const [row] = await tx.query<{ secret: string }>(
        `select secret from safekeep.second_factors
         where realm = $1 and account = $2 and confirmed_at is null and created_at > $3`,
        [realm, account, since],
      );
      return row?.secret ?? null;
    },
    async confirm(account, { sealed, step }, now, tx) {
      const rows = await tx.query(
        `update safekeep.second_factors set confirmed_at = $4, last_step = $3, ${settled}
         where realm = $1 and account = $2 and secret = $5 and confirmed_at is null returning 1`,
        [realm, account, step, now, sealed],
      );
      return rows.length === 1;
    },
    async reserve(account, now) {
      const [row] = await database.query<{ secret: string }>(
        `update safekeep.second_factors set failures = failures + 1,
           waits_until = case when failures + 1 >= ${freeFailures}
             then $3::timestamptz + least(power(2, failures + 1 - ${freeFailures}), ${longestWaitSeconds}) * interval '1 second' end
         where realm = $1 and account = $2 and confirmed_at is not null and failures < ${mostFailures}
           and (waits_until is null or waits_until <= $3) returning secret`,
        [realm, account, now],
      );
      return row?.secret ?? null;
    },
    async spendStep(account, step) {
      const rows = await database.query(
        `update safekeep.second_factors set last_step = $3, ${settled}
         where realm = $1 and account = $2 and confirmed_at is not null and last_step < $3 returning 1`,
        [realm, account, step],
      );
      return rows.length === 1;
    },
    async spendCode(account, hash) {
      const rows = await database.query(
        `with spent as (delete from safekeep.recovery_codes
           where realm = $1 and account = $2 and code_hash = $3 returning realm, account)
         update safekeep.second_factors f set ${settled} from spent
         where f.realm = spent.realm and f.account = spent.account and f.confirmed_at is not null returning 1`,
        [realm, account, hash],
      );
      return rows.length === 1;
    },
    async replaceCodes(account, hashes, tx) {
      await tx.query('delete from safekeep.recovery_codes where realm = $1 and account = $2', [realm, account]);
      for (const hash of hashes) {
        await tx.query('insert into safekeep.recovery_codes (realm, account, code_hash) values ($1, $2, $3)', [
          ...[realm, account, hash],
        ]);
      }
    },
    async codesLeft(account) {
      const row = await database.one<{ left: number }>(
        'select count(*)::int as left from safekeep.recovery_codes where realm = $1 and account = $2',
        [realm, account],
      );
      return row.left;
    },
    async remove(account, tx) {
      const rows = await tx.query(
        `delete from safekeep.second_factors where realm = $1 and account = $2 and confirmed_at is not null returning 1`,
        [realm, account],
      );
      return rows.length === 1;
    },
    async lock(account, tx) {
      const [row] = await tx.query<{ epoch: number }>(
        'select epoch from safekeep.accounts where realm = $1 and account = $2 for update',
        [realm, account],
      );
      if (row === undefined) throw new SafekeepError('ERR_ROW_NOT_FOUND');
      return row.epoch;
    },
    async purge(before) {
      const rows = await database.query(
        'delete from safekeep.second_factors where confirmed_at is null and created_at <= $1 returning 1',
        [before],
      );
      return rows.length;
    },
  };
}
