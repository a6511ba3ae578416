import { type Clock, systemClock } from '../base/clock.js';
import { isSafekeepError } from '../base/errors.js';
import { integerRule, objectRule, readOptions, required, withDefault } from '../base/options.js';
import type { KeyRing } from './key-ring.js';
import type { KeyInfo } from './key-state.js';

export interface PseudonymEpochsOptions {
  readonly keys: KeyRing;
  /** How long one key makes the tokens, in days: lines join to each other within that time only. 1 to 3,660, default 30. */
  readonly epochDays?: number | undefined;
  /** How long logs are kept, in days. So long after its epoch a key is destroyed. 0 to 3,660, default 90. */
  readonly retentionDays?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** What one turn did. Ids only: they stand in the tokens anyway. */
export interface PseudonymEpochs {
  /** The key that makes the tokens now. */
  readonly active: number;
  /** Whether it is a new one since this turn. */
  readonly begun: boolean;
  /** A new key waits until every process that holds the ring knows it; the next turn tries again. */
  readonly isWaiting: boolean;
  readonly destroyed: readonly number[];
}

const dayMs = 86_400_000;
const shape = {
  keys: required(objectRule<KeyRing>('list', 'stage', 'activate', 'retire', 'forget')),
  epochDays: withDefault(integerRule({ min: 1, max: 3660 }), 30),
  retentionDays: withDefault(integerRule({ min: 0, max: 3660 }), 90),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
};

/**
 * Puts an end to what pseudonyms in logs join: begins a new epoch, with a key of its own, when the present one is over,
 * and destroys the keys whose logs have outlived their retention. Call it daily; most calls change nothing. After that
 * nobody can tell by such a line whom it is about, not even who holds the ring and a guess.
 *
 * It deletes no logs, and older copies of the ring still hold the key: let those go as well. What joins by other marks
 * (a session's number, an order's) joins still.
 * @throws SafekeepError what changing the ring throws (ERR_KEY_RING_BUSY, ERR_KEY_ROLL_OUT, ERR_ROOT_KEY_UNAVAILABLE);
 *   ERR_OPTION_*
 * @example
 * const { destroyed } = await turnPseudonymEpochs({ keys, epochDays: 30, retentionDays: 90 });
 */
export async function turnPseudonymEpochs(options: PseudonymEpochsOptions): Promise<PseudonymEpochs> {
  const { keys, epochDays, retentionDays, clock } = readOptions('turnPseudonymEpochs', shape, options);
  const before = activeOf(keys);
  const isOver = clock.nowMs() - Date.parse(before.created) >= epochDays * dayMs;
  const isWaiting = await begin(keys, isOver);
  const destroyed: number[] = [];
  for (const { id } of outlived(keys, clock.nowMs() - retentionDays * dayMs)) {
    await keys.forget(id);
    destroyed.push(id);
  }
  const active = activeOf(keys).id;
  return Object.freeze({ active, begun: active !== before.id, isWaiting, destroyed: Object.freeze(destroyed) });
}

/** True where a staged key has to wait. Of several, which processes staged at once, the last takes over. */
async function begin(keys: KeyRing, isOver: boolean): Promise<boolean> {
  const staged = pseudonyms(keys).filter(({ state }) => state === 'staged');
  const next = staged.pop() ?? (isOver ? await keys.stage('pseudonyms') : undefined);
  for (const { id } of staged) await keys.retire(id);
  if (next === undefined) return false;
  try {
    await keys.activate(next.id);
    return false;
  } catch (error) {
    if (isSafekeepError(error) && error.code === 'ERR_KEY_ROLL_OUT') return true;
    throw error;
  }
}

/** Keys whose successor has been there since before that time. One without a successor has not ended. */
function outlived(keys: KeyRing, endedBeforeMs: number): readonly KeyInfo[] {
  return pseudonyms(keys).filter(({ state }, at, all) => {
    const successor = all[at + 1];
    if (successor === undefined || state === 'active' || state === 'staged' || state === 'destroyed') return false;
    return Date.parse(successor.created) <= endedBeforeMs;
  });
}

function pseudonyms(keys: KeyRing): KeyInfo[] {
  return keys.list().filter(({ purpose }) => purpose === 'pseudonyms');
}

function activeOf(keys: KeyRing): KeyInfo {
  const { id } = keys.active('pseudonyms');
  return pseudonyms(keys).find((key) => key.id === id) as KeyInfo;
}
