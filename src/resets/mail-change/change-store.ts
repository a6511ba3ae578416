import type { Database, Queryable } from '../../base/ports/database.js';

/** A change of address whose code is live: `address` is the sealed address that the account gets when it is used. */
export interface StoredChange {
  readonly account: string;
  readonly id: string;
  readonly address: string;
  /** Of a confirmed change: the epoch that it made. */
  readonly epoch: number;
}

/** `pending`: the code was mailed to the new address. `confirmed`: it was mailed to the old one, and undoes. */
export type ChangeState = 'pending' | 'confirmed';

/** Where changes of address are kept; codes arrive hashed, addresses sealed. */
export interface ChangeStore {
  /** False when the account has as many pending changes as it may. */
  add(change: {
    readonly account: string;
    readonly id: string;
    readonly tokenHash: Buffer;
    readonly address: string;
    readonly now: Date;
    readonly expiresAt: Date;
  }): Promise<boolean>;
  find(tokenHash: Buffer, state: ChangeState, now: Date, tx?: Queryable): Promise<StoredChange | null>;
  /** Locks the account of a code, which everything that changes how it signs in does first. */
  lock(tokenHash: Buffer, tx: Queryable): Promise<void>;
  /** Keeps what undoes a change, under the epoch that the change made. */
  keepUndo(
    undo: {
      readonly account: string;
      readonly id: string;
      readonly tokenHash: Buffer;
      readonly address: string;
      readonly epoch: number;
      readonly now: Date;
      readonly expiresAt: Date;
    },
    tx: Queryable,
  ): Promise<void>;
  /** Forgets what is pending: one change comes about, and the others are void. */
  removePending(account: string, tx: Queryable): Promise<void>;
  /** Forgets an undone change and all that came after it: they would put back an address of whoever made it. */
  removeSince(account: string, epoch: number, tx: Queryable): Promise<void>;
  /** What an account can still undo, the oldest first. */
  undoable(account: string, now: Date): Promise<readonly StoredChange[]>;
  purge(now: Date): Promise<number>;
}

/** Live codes to new addresses that an account may have. A further request is dropped only then. */
const mostPending = 3;

export function sqlChangeStore(parts: { readonly database: Database; readonly realm: string }): ChangeStore {
  const { database, realm } = parts;
  return {
    add: ({ account, id, tokenHash, address, now, expiresAt }) =>
      database.transaction(async (tx) => {
        const [row] = await tx.query<{ epoch: number }>(
          'select epoch from safekeep.accounts where realm = $1 and account = $2 for update',
          [realm, account],
        );
        if (row === undefined) return false;
        const added = await tx.query(
          `insert into safekeep.mail_changes (realm, account, id, token_hash, epoch, address, created_at, expires_at)
           select $1, $2, $3, $4, $5, $6, $7, $8 where (
             select count(*) from safekeep.mail_changes
             where realm = $1 and account = $2 and epoch = $5 and confirmed_at is null and expires_at > $7) < $9
           returning id`,
          [realm, account, id, tokenHash, row.epoch, address, now, expiresAt, mostPending],
        );
        return added.length === 1;
      }),
    async find(tokenHash, state, now, tx = database) {
      const isLive =
        state === 'pending' ? 'c.confirmed_at is null and c.epoch = a.epoch' : 'c.confirmed_at is not null';
      const [row] = await tx.query<{ account: string; id: string; address: string; epoch: number }>(
        `select c.account, c.id, c.address, c.epoch from safekeep.mail_changes c
         join safekeep.accounts a on a.realm = c.realm and a.account = c.account and a.state = 'active'
         where c.token_hash = $1 and c.realm = $2 and c.expires_at > $3 and ${isLive}`,
        [tokenHash, realm, now],
      );
      return row ?? null;
    },
    async lock(tokenHash, tx) {
      await tx.query(
        `select 1 from safekeep.accounts where realm = $2 and account = (
           select account from safekeep.mail_changes where token_hash = $1 and realm = $2) for update`,
        [tokenHash, realm],
      );
    },
    async keepUndo({ account, id, tokenHash, address, epoch, now, expiresAt }, tx) {
      await tx.query(
        `insert into safekeep.mail_changes
           (realm, account, id, token_hash, epoch, address, created_at, confirmed_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8)`,
        [realm, account, id, tokenHash, epoch, address, now, expiresAt],
      );
    },
    async removePending(account, tx) {
      await tx.query('delete from safekeep.mail_changes where realm = $1 and account = $2 and confirmed_at is null', [
        realm,
        account,
      ]);
    },
    async removeSince(account, epoch, tx) {
      await tx.query(
        `delete from safekeep.mail_changes
         where realm = $1 and account = $2 and (confirmed_at is null or epoch >= $3)`,
        [realm, account, epoch],
      );
    },
    async undoable(account, now) {
      return await database.query<{ account: string; id: string; address: string; epoch: number }>(
        `select account, id, address, epoch from safekeep.mail_changes
         where realm = $1 and account = $2 and confirmed_at is not null and expires_at > $3 order by epoch`,
        [realm, account, now],
      );
    },
    async purge(now) {
      const gone = await database.query(
        'delete from safekeep.mail_changes where realm = $1 and expires_at <= $2 returning 1',
        [realm, now],
      );
      return gone.length;
    },
  };
}
