import type { Cost } from './cost.js';
import type { Variant } from './phc.js';

/** One hash to compute. */
export interface TagRequest extends Cost {
  readonly variant: Variant;
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly tagBytes: number;
}

/** Computes argon2 tags (RFC 9106, version 0x13) off the event loop, and nothing else: the stored form is ours. */
export interface PasswordEngine {
  tag(request: TagRequest): Promise<Uint8Array>;
}

/** The engines that are known by name. All give the same tags, so one may be changed for another at any time. */
export type EngineName = 'argon2' | '@node-rs/argon2' | 'crypto.argon2';

/** An engine by name, the one that needs least of the processor on this machine, or your own. */
export type EngineChoice = EngineName | 'fastest' | PasswordEngine;

/** In the order of preference where two are equally good. */
export const engineNames: readonly EngineName[] = Object.freeze(['argon2', '@node-rs/argon2', 'crypto.argon2']);
