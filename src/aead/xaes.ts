import { createCipheriv } from 'node:crypto';

export const xaesNonceBytes = 24;
export const commitmentBytes = 32;
const block = 16;

/**
 * The part of XAES-256-GCM (c2sp.org/XAES-256-GCM) that costs only AES blocks: a key per message, and the commitment
 * of ePrint 2025/758 that binds a message to the long-term key and the whole nonce.
 */
export interface XaesKey {
  /** The AES-256-GCM key of the message with this nonce; its GCM nonce is `nonce[12..24]`. */
  messageKey(nonce: Uint8Array): Buffer;
  /** 32 bytes that no other key gives for this nonce. Depends on key and nonce alone, so it is checked first. */
  commitment(nonce: Uint8Array): Buffer;
  /** Both for one AES call less: message key || commitment, 64 bytes. */
  messageKeyAndCommitment(nonce: Uint8Array): Buffer;
  /** Frees the cipher and wipes what was derived from the key. Every later use throws. */
  close(): void;
}

/**
 * node:crypto has no CMAC, but every CMAC here is over one block (or two, for the commitment), so AES-ECB blocks and
 * one doubled sub-key are enough. ECB keeps no state between blocks: one cipher object serves every message of a key,
 * and making it anew would cost four times as much.
 */
export function createXaesKey(key: Uint8Array): XaesKey {
  const aes = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  const subKey = doubled(aes.update(Buffer.alloc(block)));
  // Two CMAC blocks already XORed with the sub-key, then the first block of the commitment, which is not.
  const start = Buffer.concat([
    xored(Buffer.from('00015800', 'hex'), subKey),
    xored(Buffer.from('00025800', 'hex'), subKey),
    Buffer.from('XCMT\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1'),
  ]);
  const first = Buffer.from(start);
  const second = Buffer.alloc(2 * block);

  function blocks(nonce: Uint8Array, count: 2 | 3): Buffer {
    for (let i = 0; i < 12; i += 1) {
      const byte = nonce[i] as number;
      first[4 + i] = (start[4 + i] as number) ^ byte;
      first[20 + i] = (start[20 + i] as number) ^ byte;
      first[36 + i] = byte;
    }
    return aes.update(count === 3 ? first : first.subarray(0, 2 * block));
  }
  function commitmentFrom(chain: Uint8Array, at: number, nonce: Uint8Array): Buffer {
    for (let i = 0; i < block; i += 1) {
      const common = (chain[at + i] as number) ^ (subKey[i] as number) ^ (i < 12 ? (nonce[12 + i] as number) : 0);
      second[i] = common;
      second[block + i] = common;
    }
    // Last four bytes of the two blocks: 00 01 00 01 and 00 01 00 02.
    second[13] = (second[13] as number) ^ 1;
    second[29] = (second[29] as number) ^ 1;
    second[15] = (second[15] as number) ^ 1;
    second[31] = (second[31] as number) ^ 2;
    return aes.update(second);
  }
  return {
    messageKey: (nonce) => blocks(nonce, 2),
    commitment: (nonce) => commitmentFrom(blocks(nonce, 3), 2 * block, nonce),
    messageKeyAndCommitment: (nonce) => {
      const derived = blocks(nonce, 3);
      const commitment = commitmentFrom(derived, 2 * block, nonce);
      const both = Buffer.allocUnsafeSlow(64);
      both.set(derived.subarray(0, 32));
      both.set(commitment, 32);
      derived.fill(0);
      return both;
    },
    close: () => {
      aes.final();
      for (const secret of [subKey, start, first, second]) secret.fill(0);
    },
  };
}

/** Doubling in GF(2^128), as CMAC makes its first sub-key (NIST SP 800-38B, 6.1). */
function doubled(value: Buffer): Buffer {
  const out = Buffer.alloc(block);
  for (let i = 0; i < block; i += 1) {
    out[i] = ((value[i] as number) << 1) | ((value[i + 1] ?? 0) >>> 7);
  }
  if ((value[0] as number) & 0x80) out[15] = (out[15] as number) ^ 0x87;
  return out;
}

function xored(prefix: Buffer, key: Buffer): Buffer {
  return Buffer.from(key.map((byte, i) => byte ^ (prefix[i] ?? 0)));
}
