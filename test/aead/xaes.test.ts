import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createXaesKey } from '../../src/aead/xaes.js';
import { ascii, derivedBy, hex, openXaesGcm, sealXaesGcm } from './hex.js';

// Source: the section Test vectors of the C2SP XAES-256-GCM specification, c2sp.org/XAES-256-GCM (C2SP/C2SP at 5ba5ee8).
const published = [
  {
    key: '01'.repeat(32),
    aad: '',
    messageKey: 'c8612c9ed53fe43e8e005b828a1631a0bbcb6ab2f46514ec4f439fcfd0fa969b',
    sealed: 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271',
  },
  {
    key: '03'.repeat(32),
    aad: 'c2sp.org/XAES-256-GCM',
    messageKey: 'e9c621d4cdd9b11b00a6427ad7e559aeedd66b3857646677748f8ca796cb3fd8',
    sealed: '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d',
  },
];
const nonce = ascii('ABCDEFGHIJKLMNOPQRSTUVWX');

describe('XAES-256-GCM', () => {
  it.each(published)('gives the published message key and ciphertext under key $key', (vector) => {
    const xaes = createXaesKey(hex(vector.key));
    expect(derivedBy(xaes, nonce).messageKey).toBe(vector.messageKey);
    const sealed = sealXaesGcm(hex(vector.key), nonce, ascii(vector.aad), ascii('XAES-256-GCM'));
    expect(sealed.toString('hex')).toBe(vector.sealed);
    expect(openXaesGcm(hex(vector.key), nonce, ascii(vector.aad), sealed)?.toString()).toBe('XAES-256-GCM');
  });

  it('gives the published digest of 10,000 accumulated random messages, and opens each', () => {
    // Key, nonce, plaintext and AAD of every message are read from one SHAKE-128 stream; 568 bytes a message at most.
    const stream = createHash('shake128', { outputLength: 10_000 * 568 }).digest();
    expect(stream.subarray(0, 16).toString('hex')).toBe('7f9c2ba4e88f827d616045507605853e');
    let at = 0;
    const read = (count: number) => {
      at += count;
      return stream.subarray(at - count, at);
    };
    const readVariable = () => read(read(1)[0] as number);
    const seen = createHash('shake128', { outputLength: 32 });
    for (let i = 0; i < 10_000; i += 1) {
      const [key, random, plaintext, aad] = [read(32), read(24), readVariable(), readVariable()];
      const sealed = sealXaesGcm(key, random, aad, plaintext);
      seen.update(sealed);
      if (openXaesGcm(key, random, aad, sealed)?.equals(plaintext) !== true) expect.unreachable(`message ${i}`);
    }
    expect(seen.digest('hex')).toBe('e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939');
  });

  it('keeps no state between messages: nonces in any order and company give the same keys', () => {
    const other = ascii('XWVUTSRQPONMLKJIHGFEDCBA');
    const xaes = createXaesKey(hex('07'.repeat(32)));
    const [first, second] = [derivedBy(xaes, nonce), derivedBy(xaes, other)];
    expect(derivedBy(xaes, nonce)).toEqual(first);
    const batch = xaes.batch(3);
    for (let round = 0; round < 2; round += 1) {
      batch.nonces.set(Buffer.concat([other, nonce, other]));
      batch.derive();
      expect(batch.keys.toString('hex')).toBe(second.messageKey + first.messageKey + second.messageKey);
      expect(batch.commitments.toString('hex')).toBe(second.commitment + first.commitment + second.commitment);
    }
  });

  it('wipes the keys it derived when it is closed, and derives nothing afterwards', () => {
    const xaes = createXaesKey(hex('07'.repeat(32)));
    const batch = xaes.batch(2);
    batch.derive();
    expect(batch.keys.equals(Buffer.alloc(64))).toBe(false);
    xaes.close();
    expect(batch.keys.equals(Buffer.alloc(64))).toBe(true);
    expect(() => batch.derive()).toThrow();
  });

  it('refuses a key that is not 32 bytes', () => {
    expect(() => createXaesKey(Buffer.alloc(16))).toThrow();
  });
});
