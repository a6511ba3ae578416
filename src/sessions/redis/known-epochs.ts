import type { Database } from '../../base/ports/database.js';

/** The epochs of accounts as their own rows have them, read again after a stated time. */
export interface KnownEpochs {
  /** Read no longer ago than that time; null: there is no such account, or it is disabled. */
  of(account: string, nowMs: number): Promise<number | null>;
  /** Read now. */
  read(account: string, nowMs: number): Promise<number | null>;
  forget(account: string): void;
}

/** How many accounts are remembered: some hundred bytes each. */
const mostAccounts = 10_000;

export function knownEpochs(parts: {
  readonly database: Database;
  readonly realm: string;
  readonly keepMs: number;
}): KnownEpochs {
  const { database, realm, keepMs } = parts;
  const known = new Map<string, { readonly epoch: number | null; readonly readAtMs: number }>();

  async function read(account: string, nowMs: number): Promise<number | null> {
    const [row] = await database.query<{ epoch: number }>(
      "select epoch from safekeep.accounts where realm = $1 and account = $2 and state = 'active'",
      [realm, account],
    );
    const epoch = row?.epoch ?? null;
    // The time before the question: what was raised while it was answered is found out after `keepMs` all the same. And
    // an answer that was overtaken by a later one is dropped.
    if (keepMs > 0 && (known.get(account)?.readAtMs ?? nowMs) <= nowMs) {
      known.delete(account);
      known.set(account, { epoch, readAtMs: nowMs });
      const [oldest] = known.keys();
      if (known.size > mostAccounts && oldest !== undefined) known.delete(oldest);
    }
    return epoch;
  }

  return {
    read,
    async of(account, nowMs) {
      const entry = known.get(account);
      const ageMs = entry === undefined ? Number.POSITIVE_INFINITY : nowMs - entry.readAtMs;
      // A clock that was set back makes nothing younger.
      return entry !== undefined && ageMs >= 0 && ageMs < keepMs ? entry.epoch : read(account, nowMs);
    },
    forget: (account) => void known.delete(account),
  };
}
