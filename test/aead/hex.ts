import { createBodyKey } from '../../src/aead/body-key.js';
import { createNonces } from '../../src/aead/nonces.js';
import type { XaesKey } from '../../src/aead/xaes.js';

export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex');
}
export function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A Random that answers these bytes again and again, so that a vector fixes the nonce. */
export function fixedRandom(nonce: Buffer): { bytes(count: number): Buffer; below(limit: number): number } {
  return {
    bytes: (count) => Buffer.alloc(count, nonce),
    below: () => 0,
  };
}

/** Message key and commitment of one nonce, in hex. */
export function derivedBy(xaes: XaesKey, nonce: Buffer): { readonly messageKey: string; readonly commitment: string } {
  const message = xaes.batch(1);
  message.nonces.set(nonce);
  message.derive();
  return { messageKey: message.keys.toString('hex'), commitment: message.commitments.toString('hex') };
}

/** Suite 02 under a fixed nonce: ciphertext || tag, as the published vectors of XAES-256-GCM have it. */
export function sealXaesGcm(key: Buffer, nonce: Buffer, aad: Buffer, plaintext: Buffer): Buffer {
  const sealing = createBodyKey(key, { nonces: createNonces(fixedRandom(nonce)), committed: false });
  const body = Buffer.alloc(plaintext.length + sealing.overheadBytes);
  sealing.sealInto(body, 0, plaintext, aad);
  sealing.close();
  return body.subarray(24);
}
export function openXaesGcm(key: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer): Buffer | null {
  const opening = createBodyKey(key, { nonces: createNonces(), committed: false });
  const plaintext = opening.open(Buffer.concat([nonce, sealed]), 0, aad);
  opening.close();
  return typeof plaintext === 'string' ? null : plaintext;
}
