import { equalBytes } from '../base/bytes.js';
import type { Clock, Random } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import type { KeySource } from '../base/ports/key-source.js';
import { type KeyPurpose, keyPurposes } from './key-state.js';
import { checkValue, guardContext, keyContext, type RingEntry, type RingList } from './ring-list.js';

export interface KeyMaker {
  readonly root: KeySource;
  readonly clock: Clock;
  readonly random: Random;
}

/** A new ring: its guard, and one active key for each purpose. The caller writes it and wipes the guard. */
export async function makeRing(maker: KeyMaker): Promise<{ readonly list: RingList; readonly guard: Buffer }> {
  const ring = maker.random.bytes(16);
  const guard = maker.random.bytes(32);
  const context = guardContext(ring);
  const wrapped = await maker.root.wrap(guard, context);
  const keys: RingEntry[] = [];
  for (const purpose of keyPurposes) keys.push(await makeKey(maker, { ring, keys }, purpose, 'active'));
  return { list: { ring, counter: 1, guard: { wrapped, check: checkValue(guard, context) }, keys }, guard };
}

/** A new key, bound to its ring, id and purpose. The id is random, so that it says nothing of the key or its age. */
export async function makeKey(
  { root, clock, random }: KeyMaker,
  { ring, keys }: Pick<RingList, 'ring' | 'keys'>,
  purpose: KeyPurpose,
  state: 'staged' | 'active',
): Promise<RingEntry> {
  const key = random.bytes(32);
  let id = 0;
  while (id === 0 || keys.some((other) => other.id === id)) id = random.bytes(4).readUInt32BE(0);
  const context = keyContext(ring, id, purpose);
  const wrapped = await root.wrap(key, context);
  const check = checkValue(key, context);
  // Read back before anything is sealed under it: what cannot be unwrapped is lost with everything under it.
  const again = await root.unwrap(wrapped, context);
  if (!equalBytes(again, key)) throw new SafekeepError('ERR_ROOT_KEY', { keyId: id });
  again.fill(0);
  key.fill(0);
  return { id, purpose, state, created: new Date(clock.nowMs()).toISOString(), wrapped, check };
}
