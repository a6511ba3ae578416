import { timingSafeEqual } from 'node:crypto';
import { gcmTagBytes, openGcm, sealGcm } from './gcm.js';
import type { Nonces } from './nonces.js';
import { commitmentBytes, createXaesKey, xaesNonceBytes } from './xaes.js';

/** What a sealed body has beyond its plaintext: nonce, commitment, tag. */
export const committedOverheadBytes: number = xaesNonceBytes + commitmentBytes + gcmTagBytes;
const commitmentAt = xaesNonceBytes;
const ciphertextAt = xaesNonceBytes + commitmentBytes;

/**
 * Suite 01, KC-XAES-256-GCM: nonce (24) || key commitment (32) || ciphertext || tag (16). Safe for far more messages
 * under one key than are ever written (2^80, against 2^32 for AES-GCM with random nonces), and a body opens under one
 * key only.
 */
export interface CommittedKey {
  /** Writes a whole body into `out` at `at`: `plaintext.length + committedOverheadBytes` bytes. */
  sealInto(out: Buffer, at: number, plaintext: Uint8Array, aad: Uint8Array): void;
  /** The plaintext; `key` when the body was sealed under another key; `body` when its bytes or its AAD differ. */
  open(body: Uint8Array, aad: Uint8Array): Buffer | 'key' | 'body';
  /** True when the body was sealed under this key; says nothing about its ciphertext. */
  sealedThis(body: Uint8Array): boolean;
  /** Frees the cipher and wipes what was derived. Every later use throws. */
  close(): void;
}

export function createCommittedKey(key: Uint8Array, nonces: Nonces): CommittedKey {
  const xaes = createXaesKey(key);
  return {
    sealInto(out, at, plaintext, aad) {
      nonces.drawInto(out, at);
      const nonce = out.subarray(at, at + xaesNonceBytes);
      const derived = xaes.messageKeyAndCommitment(nonce);
      out.set(derived.subarray(32), at + commitmentAt);
      sealGcm(derived.subarray(0, 32), nonce.subarray(12), aad, plaintext, out, at + ciphertextAt);
      derived.fill(0);
    },
    open(body, aad) {
      if (body.length < committedOverheadBytes) return 'body';
      const nonce = body.subarray(0, xaesNonceBytes);
      const derived = xaes.messageKeyAndCommitment(nonce);
      // Before decrypting: a body made under another key never reaches the cipher.
      if (!timingSafeEqual(derived.subarray(32), body.subarray(commitmentAt, ciphertextAt))) return 'key';
      const plaintext = openGcm(derived.subarray(0, 32), nonce.subarray(12), aad, body.subarray(ciphertextAt));
      derived.fill(0);
      return plaintext ?? 'body';
    },
    sealedThis(body) {
      if (body.length < committedOverheadBytes) return false;
      const commitment = xaes.commitment(body.subarray(0, xaesNonceBytes));
      return timingSafeEqual(commitment, body.subarray(commitmentAt, ciphertextAt));
    },
    close: () => xaes.close(),
  };
}
