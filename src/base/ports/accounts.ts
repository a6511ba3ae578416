import type { PasswordHash } from '../brands.js';
import type { Queryable } from './database.js';

/** What signing in needs to know of an account. Nothing personal: the row itself stays with the application. */
export interface Account {
  /** The account's row key, as text. */
  readonly id: string;
  readonly passwordHash: PasswordHash;
  readonly state: 'active' | 'disabled';
  /** Rises whenever every session, token and remembered device of the account must die. */
  readonly epoch: number;
}

/** Accounts as logins, sessions and resets see them. */
export interface Accounts {
  /** By what the person types to sign in (the e-mail address). null: no such confirmed account. */
  findByLogin(login: string): Promise<Account | null>;
  find(id: string): Promise<Account | null>;
  /** The stored address that mail of ours goes to; never one a request brought. null: no such account. */
  mailAddress(id: string): Promise<string | null>;
  /**
   * Writes a new password hash and raises the epoch, which ends every session, in the caller's transaction.
   * False: no such account.
   */
  setPassword(id: string, hash: PasswordHash, tx: Queryable): Promise<boolean>;
  /** Compare and swap, for re-hashing after a sign-in: false when the stored hash is no longer `from`. */
  swapPasswordHash(id: string, from: PasswordHash, to: PasswordHash): Promise<boolean>;
  /**
   * Changes a password that was proven: writes the new hash only while the stored one is still that of `from` and the
   * account is still at its epoch, and raises the epoch by one with it, all in one transaction. False: another change
   * came first, of the password or of the second factor beside which the new one was judged.
   */
  replacePassword(id: string, from: Pick<Account, 'passwordHash' | 'epoch'>, to: PasswordHash): Promise<boolean>;
  /** Raises the epoch and returns it: every session of the account ends. */
  raiseEpoch(id: string, tx?: Queryable): Promise<number>;
}
