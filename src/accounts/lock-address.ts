import type { Queryable } from '../base/ports/database.js';

/**
 * Holds a mail address until the transaction ends, whether an account has it or not: who comes second, to register it
 * or to change to it, finds what the first has made of it. In one order, under every index that stands for it.
 */
export async function lockAddress(tx: Queryable, table: string, indexes: readonly string[]): Promise<void> {
  for (const index of [...indexes].sort()) {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`safekeep ${table} ${index}`]);
  }
}
