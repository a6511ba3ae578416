import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hChaCha20 } from '../../src/aead/hchacha20.js';
import {
  openForeignCbc,
  openForeignGcm,
  openForeignXChaCha20,
  openForeignXChaCha20Poly1305,
} from '../../src/aead/index.js';

const counted = (from: number, count: number) => Buffer.from(Array.from({ length: count }, (_, at) => from + at));

describe('hChaCha20', () => {
  it('gives the subkey of draft-irtf-cfrg-xchacha-03, 2.2.1', () => {
    const nonce = Buffer.from('000000090000004a0000000031415927', 'hex');
    expect(hChaCha20(counted(0, 32), nonce).toString('hex')).toBe(
      '82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc',
    );
  });
});

describe('openForeignXChaCha20Poly1305', () => {
  // draft-irtf-cfrg-xchacha-03, A.3.1
  const key = counted(0x80, 32);
  const nonce = counted(0x40, 24);
  const aad = Buffer.from('50515253c0c1c2c3c4c5c6c7', 'hex');
  const plaintext =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
  const sealed = Buffer.from(
    'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e' +
      'c0875924c1c7987947deafd8780acf49',
    'hex',
  );

  it('opens the example of the draft', () => {
    expect(openForeignXChaCha20Poly1305(key, nonce, aad, sealed)?.toString()).toBe(plaintext);
  });

  it('gives the same under the bare key stream, whose first block Poly1305 takes', () => {
    const stream = Buffer.concat([Buffer.alloc(64), sealed.subarray(0, -16)]);
    expect(openForeignXChaCha20(key, nonce, stream).subarray(64).toString()).toBe(plaintext);
  });

  it('opens nothing that differs in a bit, or is cut', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(openForeignXChaCha20Poly1305(key, nonce, aad, changed)).toBeNull();
      expect(openForeignXChaCha20Poly1305(key, nonce, aad, sealed.subarray(0, at))).toBeNull();
    }
    expect(openForeignXChaCha20Poly1305(key, nonce, Buffer.alloc(0), sealed)).toBeNull();
    expect(openForeignXChaCha20Poly1305(key, nonce.subarray(1), aad, sealed)).toBeNull();
  });
});

describe('openForeignGcm', () => {
  it.each([16, 24, 32])('opens under a key of %d bytes, and tries no tag that is not whole', (size) => {
    const [key, nonce] = [counted(1, size), counted(7, 16)];
    const cipher = createCipheriv(`aes-${size * 8}-gcm` as 'aes-256-gcm', key, nonce, { authTagLength: 16 });
    const aad = Buffer.from('place');
    cipher.setAAD(aad);
    const ciphertext = Buffer.concat([cipher.update('Ada'), cipher.final()]);
    const tag = cipher.getAuthTag();
    expect(openForeignGcm({ key, nonce, aad, ciphertext, tag })?.toString()).toBe('Ada');
    expect(openForeignGcm({ key, nonce, ciphertext, tag })).toBeNull();
    for (let cut = 0; cut < 16; cut += 1) {
      expect(openForeignGcm({ key, nonce, aad, ciphertext, tag: tag.subarray(0, cut) })).toBeNull();
    }
    expect(openForeignGcm({ key, nonce: Buffer.alloc(0), aad, ciphertext, tag })).toBeNull();
  });
});

describe('openForeignCbc', () => {
  it('opens whole blocks with a padding, and nothing else', () => {
    const [key, iv] = [counted(1, 32), counted(7, 16)];
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    const ciphertext = Buffer.concat([cipher.update('Ada'), cipher.final()]);
    expect(openForeignCbc(key, iv, ciphertext)?.toString()).toBe('Ada');
    for (let cut = 0; cut < 16; cut += 1) expect(openForeignCbc(key, iv, ciphertext.subarray(0, cut))).toBeNull();
    expect(openForeignCbc(key, iv.subarray(1), ciphertext)).toBeNull();
    const other = Buffer.from(iv);
    other[15] = (other[15] as number) ^ 1;
    expect(openForeignCbc(key, other, ciphertext)).toBeNull();
  });
});
