import { createHmac } from 'node:crypto';
import { deriveKey } from '../../src/aead/index.js';
import { SafekeepError } from '../../src/base/errors.js';
import type { KeyInfo, KeyRing, RingKey } from '../../src/keys/index.js';

/** A ring in memory with known bytes: the first key of a purpose is active, later ones are decrypt-only. */
export function fixedRing(
  keys: readonly { readonly id: number; readonly key: Buffer; readonly purpose?: KeyInfo['purpose'] }[],
): KeyRing {
  const drops: (() => void)[] = [];
  let closed = false;
  const assertOpen = () => {
    if (closed) throw new SafekeepError('ERR_KEY_RING_CLOSED');
  };
  const ringKeys = keys.map(({ id, key, purpose = 'fields' }, at): RingKey => {
    const first = keys.findIndex((other) => (other.purpose ?? 'fields') === purpose) === at;
    const state = first ? 'active' : 'decrypt-only';
    return { id, purpose, state, created: '2026-11-22T00:00:00.000Z', derive: (info) => deriveKey(key, info) };
  });
  const refuse = () => Promise.reject(new SafekeepError('ERR_KEY_STATE'));
  return {
    active(purpose) {
      assertOpen();
      const key = ringKeys.find((candidate) => candidate.purpose === purpose);
      if (key === undefined) throw new SafekeepError('ERR_KEY_UNKNOWN');
      return key;
    },
    find(id) {
      assertOpen();
      return ringKeys.find((key) => key.id === id);
    },
    list: () => ringKeys,
    derive: (purpose, label) => ({ keyId: 1, key: createHmac('sha256', purpose).update(label).digest() }),
    stage: refuse,
    activate: refuse,
    retire: refuse,
    suspend: refuse,
    resume: refuse,
    compromise: refuse,
    attestUnused: refuse,
    destroy: refuse,
    forget: refuse,
    sealedExport: refuse,
    reload: refuse,
    onClose: (drop) => {
      drops.push(drop);
    },
    close() {
      closed = true;
      for (const drop of drops) drop();
    },
  };
}
