import { gcmTagBytes, openGcm, sealGcm } from './gcm.js';
import { createXaesKey } from './xaes.js';

/**
 * Suite 02, plain XAES-256-GCM as C2SP publishes it: ciphertext || tag. The core that suite 01 adds its commitment to,
 * kept whole so that the published vectors hold it. Not for callers: it takes a nonce.
 */
export function sealXaesGcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Buffer {
  const xaes = createXaesKey(key);
  const out = Buffer.alloc(plaintext.length + gcmTagBytes);
  sealGcm(xaes.messageKey(nonce), nonce.subarray(12), aad, plaintext, out, 0);
  xaes.close();
  return out;
}

export function openXaesGcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer | null {
  const xaes = createXaesKey(key);
  const plaintext = openGcm(xaes.messageKey(nonce), nonce.subarray(12), aad, sealed);
  xaes.close();
  return plaintext;
}
