import type { Database, Queryable } from '../base/ports/database.js';

export interface StoredSession {
  readonly account: string;
  readonly createdAtMs: number;
  readonly seenAtMs: number;
}

/** One session of an account, as its owner sees it in a list. */
export interface ListedSession extends StoredSession {
  readonly idHash: Buffer;
  readonly browser: string;
}

/** Where sessions are kept. Ids arrive hashed: a copy of the store opens no session. */
export interface SessionStore {
  /** False when the account is not there, not active, or no longer of that epoch. */
  create(session: {
    readonly idHash: Buffer;
    readonly account: string;
    /** The epoch that was verified; undefined takes the account's present one. */
    readonly epoch: number | undefined;
    /** The kind of browser in words of ours; never the header it sent. */
    readonly browser: string;
    readonly now: Date;
    readonly expiresAt: Date;
  }): Promise<boolean>;
  /** null: unknown, expired, idle too long, or of an epoch that has passed. */
  find(idHash: Buffer, now: Date, idleSince: Date): Promise<StoredSession | null>;
  touch(idHash: Buffer, now: Date): Promise<void>;
  remove(idHash: Buffer): Promise<void>;
  /** Those that would be found, the last seen first. */
  list(account: string, now: Date, idleSince: Date): Promise<readonly ListedSession[]>;
  /** Ends one session if it is of this account; false when there is none. */
  removeOf(account: string, idHash: Buffer): Promise<boolean>;
  /** Ends all sessions of an account by raising its epoch. */
  removeAll(account: string, tx?: Queryable): Promise<void>;
  /** Deletes what has expired; returns how many. */
  purge(now: Date): Promise<number>;
}

/**
 * Sessions in `safekeep.sessions`. Each carries the account's epoch of its start and counts only while the account's
 * own row still has it: one UPDATE of that row ends every session at once, in the transaction that changes a password.
 */
export function sqlSessionStore(options: { readonly database: Database; readonly realm: string }): SessionStore {
  const { database, realm } = options;
  return {
    async create({ idHash, account, epoch, browser, now, expiresAt }) {
      const rows = await database.query(
        `insert into safekeep.sessions (id_hash, realm, account, epoch, created_at, seen_at, expires_at, browser)
         select $1, a.realm, a.account, a.epoch, $4, $4, $5, $7 from safekeep.accounts a
         where a.realm = $2 and a.account = $3 and a.state = 'active' and ($6::int is null or a.epoch = $6)
         returning account`,
        [idHash, realm, account, now, expiresAt, epoch ?? null, browser],
      );
      return rows.length === 1;
    },
    async find(idHash, now, idleSince) {
      const [row] = await database.query<{ account: string; created_at: Date; seen_at: Date }>(
        `select s.account, s.created_at, s.seen_at from safekeep.sessions s
         join safekeep.accounts a on a.realm = s.realm and a.account = s.account
         where s.id_hash = $1 and s.realm = $2 and a.epoch = s.epoch and a.state = 'active'
           and s.expires_at > $3 and s.seen_at > $4`,
        [idHash, realm, now, idleSince],
      );
      if (row === undefined) return null;
      return { account: row.account, createdAtMs: row.created_at.getTime(), seenAtMs: row.seen_at.getTime() };
    },
    async touch(idHash, now) {
      await database.query('update safekeep.sessions set seen_at = $2 where id_hash = $1', [idHash, now]);
    },
    async remove(idHash) {
      await database.query('delete from safekeep.sessions where id_hash = $1', [idHash]);
    },
    async list(account, now, idleSince) {
      const rows = await database.query<{ id_hash: Buffer; browser: string; created_at: Date; seen_at: Date }>(
        `select s.id_hash, s.browser, s.created_at, s.seen_at from safekeep.sessions s
         join safekeep.accounts a on a.realm = s.realm and a.account = s.account
         where s.realm = $1 and s.account = $2 and a.epoch = s.epoch and a.state = 'active'
           and s.expires_at > $3 and s.seen_at > $4 order by s.seen_at desc, s.id_hash`,
        [realm, account, now, idleSince],
      );
      return rows.map((row) => ({
        idHash: row.id_hash,
        account,
        browser: row.browser,
        createdAtMs: row.created_at.getTime(),
        seenAtMs: row.seen_at.getTime(),
      }));
    },
    async removeOf(account, idHash) {
      const gone = await database.query(
        'delete from safekeep.sessions where id_hash = $1 and realm = $2 and account = $3 returning 1',
        [idHash, realm, account],
      );
      return gone.length === 1;
    },
    async removeAll(account, tx = database) {
      await tx.query('update safekeep.accounts set epoch = epoch + 1 where realm = $1 and account = $2', [
        realm,
        account,
      ]);
      await tx.query('delete from safekeep.sessions where realm = $1 and account = $2', [realm, account]);
    },
    async purge(now) {
      const rows = await database.query('delete from safekeep.sessions where expires_at <= $1 returning 1', [now]);
      return rows.length;
    },
  };
}
