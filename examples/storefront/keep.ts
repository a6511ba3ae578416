import type { Request } from 'express';
import { type SafekeepOptions, safekeep } from 'safekeep';
import type { Database } from 'safekeep/database';
import type { KeyRing } from 'safekeep/keys';
import { policy } from '../policy.js';

type Options = Omit<SafekeepOptions<string, Record<string, never>>, 'policy' | 'accounts' | 'database' | 'keys'>;

/** Words that no password may rest on; the meter in the pages knows them too. */
export const siteWords: readonly string[] = ['Larkspur Lane', 'larkspur', 'garden'];

/** The toolkit, mounted for this shop: its policy, its table of accounts, the words that no password may rest on. */
export async function openKeep(options: Options & { readonly database: Database; readonly keys: KeyRing }) {
  const breached = new WeakSet<Request>();
  const keep = await safekeep({
    words: siteWords,
    onBreachedPassword: ({ req }) => void breached.add(req),
    ...options,
    policy,
    accounts: 'customers',
    elsewhere: ['subscribers', 'line_sessions'],
  });
  /** Whether this sign-in was with a password that is in a breached list: another one is asked for. */
  const signedInWithBreached = (req: Request): boolean => breached.has(req);
  return Object.freeze({ ...keep, signedInWithBreached });
}

export type ShopKeep = Awaited<ReturnType<typeof openKeep>>;
