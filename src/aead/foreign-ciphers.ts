import { createDecipheriv, type Decipher } from 'node:crypto';
import { gcmTagBytes } from './gcm.js';
import { hChaCha20 } from './hchacha20.js';

/**
 * The ciphers of other libraries, to open what they stored and nothing else: there is no way here to encrypt. Keys are
 * 16, 24 or 32 bytes for AES and 32 bytes for ChaCha; the callers have checked.
 */
export interface ForeignGcm {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad?: Uint8Array | undefined;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** AES-GCM with a nonce of any length. Null when anything differs; a tag that is not whole is never tried. */
export function openForeignGcm({ key, nonce, aad, ciphertext, tag }: ForeignGcm): Buffer | null {
  if (tag.length !== gcmTagBytes || nonce.length === 0) return null;
  const algorithm = key.length === 16 ? 'aes-128-gcm' : key.length === 24 ? 'aes-192-gcm' : 'aes-256-gcm';
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: gcmTagBytes });
  decipher.setAuthTag(tag);
  if (aad !== undefined && aad.length > 0) decipher.setAAD(aad);
  return finished(decipher, ciphertext);
}

/**
 * AES-CBC with PKCS #7 padding; null when the padding is none. It authenticates nothing: check a MAC first, or say that
 * there is none. Who may try many values and sees which are refused can use the padding to read one.
 */
export function openForeignCbc(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Buffer | null {
  if (iv.length !== 16) return null;
  const algorithm = key.length === 16 ? 'aes-128-cbc' : key.length === 24 ? 'aes-192-cbc' : 'aes-256-cbc';
  return finished(createDecipheriv(algorithm, key, iv), ciphertext);
}

/** AES-256-CTR. Authenticates nothing. */
export function openForeignCtr(key: Uint8Array, counter: Uint8Array, ciphertext: Uint8Array): Buffer {
  return createDecipheriv('aes-256-ctr', key, counter).update(ciphertext);
}

/** AEAD_XChaCha20_Poly1305 of ciphertext || tag (draft-irtf-cfrg-xchacha-03, 2.3); the nonce is 24 bytes. */
export function openForeignXChaCha20Poly1305(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Buffer | null {
  const end = sealed.length - 16;
  if (end < 0 || nonce.length !== 24) return null;
  const subkey = hChaCha20(key, nonce);
  const short = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]);
  const decipher = createDecipheriv('chacha20-poly1305', subkey, short, { authTagLength: 16 });
  subkey.fill(0);
  decipher.setAuthTag(sealed.subarray(end));
  decipher.setAAD(aad, { plaintextLength: end });
  return finished(decipher, sealed.subarray(0, end));
}

/** XChaCha20 from block 0 (the same draft, 2.3.1). Authenticates nothing: check a MAC first. */
export function openForeignXChaCha20(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array): Buffer {
  const subkey = hChaCha20(key, nonce);
  // OpenSSL takes the block counter as the first four bytes of its nonce; the next four are the draft's zeros.
  const counted = Buffer.concat([Buffer.alloc(8), nonce.subarray(16)]);
  const decipher = createDecipheriv('chacha20', subkey, counted);
  subkey.fill(0);
  return decipher.update(ciphertext);
}

/** The whole plaintext or nothing: what was decrypted before the check failed is wiped. */
function finished(decipher: Decipher, ciphertext: Uint8Array): Buffer | null {
  const begun = decipher.update(ciphertext);
  try {
    return Buffer.concat([begun, decipher.final()]);
  } catch {
    return null;
  } finally {
    begun.fill(0);
  }
}
