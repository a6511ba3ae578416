import { type SafekeepOptions, safekeep } from 'safekeep';
import type { Database } from 'safekeep/database';
import type { KeyRing } from 'safekeep/keys';
import { policy } from '../policy.js';

type Options = Omit<SafekeepOptions<string, Record<string, never>>, 'policy' | 'accounts' | 'database' | 'keys'>;

/** The toolkit, mounted for this shop: its policy, its table of accounts, the words that no password may rest on. */
export async function openKeep(options: Options & { readonly database: Database; readonly keys: KeyRing }) {
  return await safekeep({
    words: ['Larkspur Lane', 'larkspur', 'garden'],
    ...options,
    policy,
    accounts: 'customers',
    elsewhere: ['subscribers', 'line_sessions'],
  });
}

export type ShopKeep = Awaited<ReturnType<typeof openKeep>>;
