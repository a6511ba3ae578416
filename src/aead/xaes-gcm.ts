import { gcmTagBytes, openGcm, sealGcm } from './gcm.js';
import { createXaesKey, type XaesBatch } from './xaes.js';

/**
 * Suite 02, plain XAES-256-GCM as C2SP publishes it: ciphertext || tag. The core that suite 01 adds its commitment to,
 * kept whole so that the published vectors hold it. Not for callers: it takes a nonce.
 */
export function sealXaesGcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Buffer {
  const out = Buffer.alloc(plaintext.length + gcmTagBytes);
  withMessage(key, nonce, ({ keys, nonces }) => sealGcm(keys, nonces.subarray(12), aad, plaintext, out, 0));
  return out;
}

export function openXaesGcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer | null {
  return withMessage(key, nonce, ({ keys, nonces }) => openGcm(keys, nonces.subarray(12), aad, sealed));
}

function withMessage<T>(key: Uint8Array, nonce: Uint8Array, use: (message: XaesBatch) => T): T {
  const xaes = createXaesKey(key);
  const message = xaes.batch(1);
  message.nonces.set(nonce);
  message.derive();
  const result = use(message);
  xaes.close();
  return result;
}
