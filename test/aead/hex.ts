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
