import { SafekeepError } from '../base/errors.js';
import { nameOf, type Statement, say } from '../base/names.js';
import type { KeyState } from './key-state.js';
import type { RingEntry, RingList } from './ring-list.js';

export type KeyChange = 'activate' | 'retire' | 'suspend' | 'resume' | 'compromise' | 'destroy' | 'forget';

/**
 * The legal transitions, after NIST SP 800-57 part 1 rev. 5, section 7. What is not here is refused: a key that was
 * active never seals again, a compromised key is never trusted again, and what is destroyed stays so.
 */
const changes: Readonly<Record<KeyChange, { readonly from: readonly KeyState[]; readonly to: KeyState }>> = {
  activate: { from: ['staged'], to: 'active' },
  retire: { from: ['staged', 'decrypt-only'], to: 'decrypt-only' },
  suspend: { from: ['decrypt-only'], to: 'suspended' },
  resume: { from: ['suspended'], to: 'decrypt-only' },
  compromise: { from: ['staged', 'decrypt-only', 'suspended'], to: 'compromised' },
  destroy: { from: ['suspended', 'compromised'], to: 'destroyed' },
  forget: { from: ['decrypt-only', 'suspended', 'compromised'], to: 'destroyed' },
};

/** @throws SafekeepError ERR_KEY_UNKNOWN */
export function entryOf(list: Pick<RingList, 'keys'>, id: number): RingEntry {
  const entry = list.keys.find((key) => key.id === id);
  if (entry === undefined) throw new SafekeepError('ERR_KEY_UNKNOWN', { keyId: id });
  return entry;
}

/** The keys after one change. @throws SafekeepError ERR_KEY_UNKNOWN; ERR_KEY_STATE with the state it is in */
export function changed(list: Pick<RingList, 'keys'>, id: number, change: KeyChange): readonly RingEntry[] {
  const { purpose, state } = entryOf(list, id);
  const { from, to } = changes[change];
  if (!from.includes(state)) {
    throw new SafekeepError('ERR_KEY_STATE', { keyId: id, state: nameOf(state), needed: needed(from, state) });
  }
  return list.keys.map((key): RingEntry => {
    if (key.id === id)
      return to === 'destroyed' ? { ...key, state: to, wrapped: null, check: null } : { ...key, state: to };
    // One key seals for a purpose: the one before it only opens from now on.
    return to === 'active' && key.purpose === purpose && key.state === 'active'
      ? { ...key, state: 'decrypt-only' }
      : key;
  });
}

function needed(from: readonly KeyState[], state: KeyState): Statement {
  const states = from.map(nameOf).join(' or ') as Statement;
  return state === 'active' ? say`${states}; stage and activate another key first` : states;
}
