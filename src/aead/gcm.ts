import { createCipheriv, createDecipheriv } from 'node:crypto';

export const gcmTagBytes = 16;
/** Always passed: without it Node 20 accepts a tag of 4 bytes, which an attacker guesses in 2^32 tries. */
const wholeTag = { authTagLength: gcmTagBytes } as const;

/** AES-256-GCM. Writes ciphertext || tag into `out` at `at`. NIST SP 800-38D; the nonce is 12 bytes. */
export function sealGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  out: Buffer,
  at: number,
): void {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, wholeTag);
  cipher.setAAD(aad);
  out.set(cipher.update(plaintext), at);
  cipher.final();
  out.set(cipher.getAuthTag(), at + plaintext.length);
}

/** The same for a chunk of a stream, without associated data and without a copy: ciphertext and tag, apart. */
export function sealGcmChunk(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): readonly [Buffer, Buffer] {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, wholeTag);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return [ciphertext, cipher.getAuthTag()];
}

/** The plaintext; null when anything differs. Nothing unauthenticated is ever returned. The tag is all 16 bytes. */
export function openGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array,
): Buffer | null {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, wholeTag);
  decipher.setAuthTag(tag);
  // No data and empty data authenticate alike; the call costs as much as a kilobyte.
  if (aad.length > 0) decipher.setAAD(aad);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return null;
  }
}

/**
 * A decipher that nobody uses, under no key. While one is alive the engine keeps the shape of its objects, and with it
 * the optimised code that opens: otherwise each full collection throws that away, and opening takes twice as long until
 * it is compiled again.
 */
export function idleDecipher(): object {
  return createDecipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12), wholeTag);
}
