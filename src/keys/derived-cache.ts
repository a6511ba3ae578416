import { pae, utf8 } from '../base/bytes.js';
import type { RingKey } from './key-state.js';

export interface DerivedCache {
  /** The key derived for a purpose and a label, as the caller's own copy. */
  of(key: RingKey, purpose: string, label: string): Buffer;
  /** Forgets and wipes all of them: the ring changed, or is closed. */
  drop(): void;
}

/** A deployment has a handful of labels (one per table and index, one per type of token); this is only a bound. */
const mostKept = 256;

/** HKDF takes longer than the HMAC that its key is for, and the same few keys are asked for all day. */
export function createDerivedCache(): DerivedCache {
  const kept = new Map<string, Buffer>();
  function drop(): void {
    for (const bytes of kept.values()) bytes.fill(0);
    kept.clear();
  }
  return {
    of(key, purpose, label) {
      const name = `${key.id} ${purpose} ${label}`;
      let bytes = kept.get(name);
      if (bytes === undefined) {
        if (kept.size >= mostKept) drop();
        bytes = key.derive(pae([utf8('sf1/derive'), utf8(purpose), utf8(label)]));
        kept.set(name, bytes);
      }
      return Buffer.from(bytes);
    },
    drop,
  };
}
