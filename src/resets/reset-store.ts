import type { Database, Queryable } from '../base/ports/database.js';

/** Where reset tokens are kept: by their SHA-256, tied to the account's epoch of their day. */
export interface ResetStore {
  /** False when the account has as many live tokens as it may. */
  add(reset: {
    readonly tokenHash: Buffer;
    readonly account: string;
    readonly now: Date;
    readonly expiresAt: Date;
  }): Promise<boolean>;
  /** The account of a live token: not used, not expired, no password changed since, and the account active. */
  findLive(tokenHash: Buffer, now: Date): Promise<string | null>;
  /** Uses the token up, in one conditional UPDATE: of two at once, one gets the account and the other null. */
  consume(tokenHash: Buffer, now: Date, tx: Queryable): Promise<string | null>;
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  purge(now: Date): Promise<number>;
}

/** Live tokens an account may have. A further request is dropped only then, so strangers cannot use up the owner's mails. */
const mostLive = 3;

export function sqlResetStore(options: { readonly database: Database; readonly realm: string }): ResetStore {
  const { database, realm } = options;
  return Object.freeze({
    add: (reset: Parameters<ResetStore['add']>[0]) =>
      database.transaction(async (tx) => {
        // The account's row is the lock: requests of one account queue up here and the count is true.
        const [account] = await tx.query<{ epoch: number }>(
          'select epoch from safekeep.accounts where realm = $1 and account = $2 for update',
          [realm, reset.account],
        );
        if (account === undefined) return false;
        const added = await tx.query(
          `insert into safekeep.resets (token_hash, realm, account, epoch, created_at, expires_at)
           select $1, $2, $3, $4, $5, $6 where (
             select count(*) from safekeep.resets
             where realm = $2 and account = $3 and epoch = $4 and used_at is null and expires_at > $5) < $7
           returning account`,
          [reset.tokenHash, realm, reset.account, account.epoch, reset.now, reset.expiresAt, mostLive],
        );
        return added.length === 1;
      }),
    async findLive(tokenHash: Buffer, now: Date) {
      const [row] = await database.query<{ account: string }>(
        `select r.account from safekeep.resets r
         join safekeep.accounts a on a.realm = r.realm and a.account = r.account and a.epoch = r.epoch
           and a.state = 'active'
         where r.token_hash = $1 and r.realm = $2 and r.used_at is null and r.expires_at > $3`,
        [tokenHash, realm, now],
      );
      return row?.account ?? null;
    },
    async consume(tokenHash: Buffer, now: Date, tx: Queryable) {
      // Whoever writes a password holds this row: without the lock, a change or another code that commits meanwhile
      // would raise the epoch unseen, and a code of before it would still count.
      await tx.query(
        `select 1 from safekeep.accounts where realm = $2 and account = (
           select account from safekeep.resets where token_hash = $1 and realm = $2) for update`,
        [tokenHash, realm],
      );
      const [row] = await tx.query<{ account: string }>(
        `update safekeep.resets r set used_at = $3 from safekeep.accounts a
         where r.token_hash = $1 and r.realm = $2 and r.used_at is null and r.expires_at > $3
           and a.realm = r.realm and a.account = r.account and a.epoch = r.epoch
           and a.state = 'active'
         returning r.account`,
        [tokenHash, realm, now],
      );
      return row?.account ?? null;
    },
    transaction: <T>(work: (tx: Queryable) => Promise<T>) => database.transaction(work),
    async purge(now: Date) {
      const gone = await database.query(
        'delete from safekeep.resets where realm = $1 and expires_at <= $2 returning 1',
        [realm, now],
      );
      return gone.length;
    },
  });
}
