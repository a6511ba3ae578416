import { dirname } from 'node:path';
import { isSafekeepError } from '../../base/errors.js';
import type { Database } from '../../base/ports/database.js';
import type { KeyRing } from '../../keys/index.js';
import type { RingView } from '../subject.js';

export interface RingToLookAt {
  /** For people: what names the ring. */
  readonly name: string;
  /** Opens it; the doctor does not close it. */
  readonly open: () => Promise<KeyRing>;
  /** Where the ring is in a database, that database. */
  readonly database?: Database | undefined;
  /** Where both are files. */
  readonly paths?: { readonly root: string; readonly ring: string } | undefined;
}

/** Opens the ring, asks the root key once more, and lists the keys. No key is used. */
export async function lookAtRing({ name, open, database, paths }: RingToLookAt): Promise<RingView> {
  const rootBesideRing = paths !== undefined && dirname(paths.root) === dirname(paths.ring);
  const view = { place: name, behind: 0, rootBesideRing };
  let ring: KeyRing;
  try {
    ring = await open();
  } catch (error) {
    return { ...view, keys: [], problem: codeOf(error) };
  }
  const keys = ring.list();
  try {
    await ring.reload();
  } catch (error) {
    return { ...view, keys, problem: codeOf(error) };
  }
  return { ...view, keys, problem: undefined, behind: database === undefined ? 0 : await countBehind(database) };
}

async function countBehind(database: Database): Promise<number> {
  const { count } = await database.one<{ count: number }>(
    `select count(*)::int as count from safekeep.key_ring_holders holder, safekeep.key_ring ring
      where ring.sole and holder.expires_at >= now() and holder.counter < ring.counter`,
  );
  return count;
}

/** What is no error of ours came from the root key: a module of PKCS#11, or a source of the application's own. */
function codeOf(error: unknown): string {
  return isSafekeepError(error) ? error.code : 'ERR_ROOT_KEY_UNAVAILABLE';
}
