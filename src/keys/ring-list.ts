import { createHmac } from 'node:crypto';
import { deriveKey } from '../aead/index.js';
import { equalBytes, pae, u32, utf8 } from '../base/bytes.js';
import type { KeyInfo, KeyPurpose } from './key-state.js';

/** One key as the ring keeps it. A destroyed key has neither bytes nor a check value. */
export interface RingEntry extends KeyInfo {
  /** The key under the root key, bound to the ring, the id and the purpose. */
  readonly wrapped: Buffer | null;
  /** Tells a wrong root key at start, not row by row. */
  readonly check: Buffer | null;
}

/** The ring's whole content, before and after its file form. */
export interface RingList {
  /** 16 random bytes. */
  readonly ring: Buffer;
  /** Rises with every change, so that an older list cannot pass for a newer one while a server runs. */
  readonly counter: number;
  /** The key that authenticates the list, wrapped like the others. */
  readonly guard: { readonly wrapped: Buffer; readonly check: Buffer };
  readonly keys: readonly RingEntry[];
}

export const guardContext = (ring: Buffer): Buffer => pae([utf8('sf1/ring'), ring, utf8('guard')]);

export const keyContext = (ring: Buffer, id: number, purpose: KeyPurpose): Buffer =>
  pae([utf8('sf1/ring'), ring, utf8('key'), u32(id), utf8(purpose)]);

/** HMAC under a key of its own label, so that publishing it says nothing about the key. */
export function checkValue(key: Uint8Array, context: Uint8Array): Buffer {
  const checkKey = deriveKey(key, pae([utf8('sf1/check')]));
  return createHmac('sha256', checkKey).update(context).digest();
}

export function passesCheck(key: Uint8Array, context: Uint8Array, check: Uint8Array): boolean {
  return equalBytes(checkValue(key, context), check);
}

/** The authenticator of everything in the list: ids, purposes, states, dates, bytes, order and counter. */
export function listMac(guard: Uint8Array, list: RingList): Buffer {
  const macKey = deriveKey(guard, pae([utf8('sf1/ring-mac')]));
  return createHmac('sha256', macKey).update(listBytes(list)).digest();
}

function listBytes({ ring, counter, guard, keys }: RingList): Buffer {
  const rising = Buffer.alloc(8);
  rising.writeBigUInt64BE(BigInt(counter));
  const none = Buffer.alloc(0);
  const entries = keys.map(({ id, purpose, state, created, wrapped, check }) =>
    pae([u32(id), utf8(purpose), utf8(state), utf8(created), wrapped ?? none, check ?? none]),
  );
  return pae([ring, rising, guard.wrapped, guard.check, ...entries]);
}
