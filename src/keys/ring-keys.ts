import { equalBytes } from '../base/bytes.js';
import { SafekeepError } from '../base/errors.js';
import type { Name } from '../base/names.js';
import type { KeySource } from '../base/ports/key-source.js';
import { formatRing } from './ring-file.js';
import { guardContext, keyContext, listMac, passesCheck, type RingEntry, type RingList } from './ring-list.js';

/** The unwrapped keys of a ring: its guard, and each key that still has bytes, by id. */
export interface RingKeys {
  readonly guard: Buffer;
  readonly byId: ReadonlyMap<number, Buffer>;
}

/**
 * Unwraps a ring's guard and holds the list against its authenticator.
 * @throws SafekeepError ERR_ROOT_KEY when the root key is another one; ERR_KEY_RING_EDITED
 */
export async function unwrapGuard(root: KeySource, list: RingList, mac: Buffer, file: Name): Promise<Buffer> {
  const context = guardContext(list.ring);
  const guard = await root.unwrap(list.guard.wrapped, context);
  // Not every root key authenticates what it unwraps; the check value does.
  if (!passesCheck(guard, context, list.guard.check)) throw new SafekeepError('ERR_ROOT_KEY', { file });
  assertUnedited(guard, list, mac, file);
  return guard;
}

export function assertUnedited(guard: Buffer, list: RingList, mac: Buffer, file: Name): void {
  if (!equalBytes(listMac(guard, list), mac)) throw new SafekeepError('ERR_KEY_RING_EDITED', { file });
}

/**
 * Unwraps the keys that are not known yet and holds each against its check value. Keys that came from `known` are
 * shared, not copied.
 * @throws SafekeepError ERR_ROOT_KEY with the key's id
 */
export async function unwrapKeys(
  root: KeySource,
  list: RingList,
  known: ReadonlyMap<number, Buffer>,
): Promise<ReadonlyMap<number, Buffer>> {
  const byId = new Map<number, Buffer>();
  for (const { id, purpose, wrapped, check } of list.keys) {
    if (wrapped === null || check === null) continue;
    const context = keyContext(list.ring, id, purpose);
    const key = known.get(id) ?? (await root.unwrap(wrapped, context));
    if (key.length !== 32 || !passesCheck(key, context, check)) throw new SafekeepError('ERR_ROOT_KEY', { keyId: id });
    byId.set(id, key);
  }
  return byId;
}

/**
 * The same ring with every key wrapped by another root key, as the text of a ring file. Everything is unwrapped once
 * more before it is handed out: a backup that does not open is worse than none.
 */
export async function rewrap(
  root: KeySource,
  list: RingList,
  guard: Buffer,
  byId: ReadonlyMap<number, Buffer>,
): Promise<string> {
  const keys: RingEntry[] = [];
  for (const entry of list.keys) {
    const bytes = byId.get(entry.id);
    const wrapped = bytes === undefined ? null : await root.wrap(bytes, keyContext(list.ring, entry.id, entry.purpose));
    keys.push({ ...entry, wrapped });
  }
  const wrapped = await root.wrap(guard, guardContext(list.ring));
  const moved: RingList = { ...list, guard: { ...list.guard, wrapped }, keys };
  const again = await root.unwrap(wrapped, guardContext(list.ring));
  if (!equalBytes(again, guard)) throw new SafekeepError('ERR_ROOT_KEY');
  again.fill(0);
  for (const bytes of (await unwrapKeys(root, moved, new Map())).values()) bytes.fill(0);
  return formatRing(moved, listMac(guard, moved));
}
