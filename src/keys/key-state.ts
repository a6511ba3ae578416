/** What a key is for. One key serves one purpose, so that no use can be turned against another. */
export const keyPurposes = ['fields', 'index', 'pseudonyms', 'limits'] as const;
export type KeyPurpose = (typeof keyPurposes)[number];

/**
 * `staged`: known, so that it opens what another node already sealed with it, but seals nothing yet. `active`: seals and
 * opens. `decrypt-only`: opens. `suspended`: kept, does nothing. `destroyed`: its bytes are gone. `compromised`: opens,
 * so that values can be moved off it.
 */
export const keyStates = ['staged', 'active', 'decrypt-only', 'suspended', 'destroyed', 'compromised'] as const;
export type KeyState = (typeof keyStates)[number];

/** A key as it may be shown: never its bytes. */
export interface KeyInfo {
  /** Random, non-zero, unique in the ring; written into every sealed value. */
  readonly id: number;
  readonly purpose: KeyPurpose;
  readonly state: KeyState;
  /** ISO 8601, UTC. */
  readonly created: string;
}

/** A key in use. Its bytes stay inside: only keys derived from it come out. */
export interface RingKey extends KeyInfo {
  /** HKDF-SHA-256 of the key: 32 bytes bound to `info`. @throws SafekeepError ERR_KEY_RING_CLOSED */
  derive(info: Uint8Array): Buffer;
}

export function mayOpen(state: KeyState): boolean {
  return state !== 'suspended' && state !== 'destroyed';
}
