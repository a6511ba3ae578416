import type { Request } from 'express';
import { type SafekeepOptions, safekeep } from 'safekeep';
import type { Database } from 'safekeep/database';
import type { KeyRing } from 'safekeep/keys';
import { policy } from '../policy.js';
import type { People } from './site.js';

type Tables = keyof NonNullable<(typeof policy)['types']>['tables'];
type Given = Omit<
  SafekeepOptions<string, Record<string, never>>,
  'policy' | 'accounts' | 'database' | 'keys' | 'elsewhere' | 'words'
>;

/** What a server of the two is opened with, beside the settings that are its own. */
export type KeepOptions = Given & { readonly database: Database; readonly keys: KeyRing };

/** What tells the two apart: whose accounts, which tables the other one has, words that no password may rest on. */
export interface KeepOf {
  readonly accounts: People['table'];
  readonly elsewhere: readonly Tables[];
  readonly words: readonly string[];
}

/** The toolkit, mounted for one of the two servers over the policy they share. */
export async function openKeep(own: KeepOf, options: KeepOptions) {
  const breached = new WeakSet<Request>();
  const keep = await safekeep({
    onBreachedPassword: ({ req }) => void breached.add(req),
    ...options,
    ...own,
    policy,
  });
  /** Whether this sign-in was with a password that is in a breached list: another one is asked for. */
  const signedInWithBreached = (req: Request): boolean => breached.has(req);
  return Object.freeze({ ...keep, signedInWithBreached });
}

export type SiteKeep = Awaited<ReturnType<typeof openKeep>>;
