import { createCipheriv } from 'node:crypto';

export const xaesNonceBytes = 24;
export const messageKeyBytes = 32;
export const commitmentBytes = 32;
const block = 16;

/**
 * The part of XAES-256-GCM (c2sp.org/XAES-256-GCM) that costs only AES blocks: a key per message, and the commitment
 * of ePrint 2025/758 that binds a message to the long-term key and the whole nonce.
 */
export interface XaesKey {
  /** Room to derive for `count` nonces at once, with or without their commitments. */
  batch(count: number, committed?: boolean): XaesBatch;
  /** Frees the cipher and wipes what was derived from the key, batches included. Every later `derive` throws. */
  close(): void;
}

/** Nonce, message key and commitment of each message lie one behind the other in three buffers. */
export interface XaesBatch {
  /** Written by the caller, 24 bytes each. The GCM nonce of a message is the last 12 of its 24. */
  readonly nonces: Buffer;
  /** The AES-256-GCM key of each message, 32 bytes. */
  readonly keys: Buffer;
  /** 32 bytes that no other key gives for this nonce. Depends on key and nonce alone, so it is checked first. Empty without. */
  readonly commitments: Buffer;
  /** Computes keys and commitments anew from the nonces, in two calls of the cipher at most, whatever the count. */
  derive(): void;
}

/**
 * node:crypto has no CMAC, but every CMAC here is over one block (or two, for the commitment), so AES-ECB blocks and
 * one doubled sub-key are enough. ECB keeps no state between blocks: one cipher object serves every message of a key,
 * and making it anew would cost four times as much. The call costs more than the blocks, hence the batches.
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
  // The last block of both CMACs of the commitment, but for its nonce half: 00 01 00 and the number of the block.
  const end = Buffer.concat([
    xored(Buffer.from('00000000000000000000000000010001', 'hex'), subKey),
    xored(Buffer.from('00000000000000000000000000010002', 'hex'), subKey),
  ]);
  const wiped: Buffer[] = [subKey, start, end];

  function batch(count: number, committed = true): XaesBatch {
    const stride = committed ? 48 : 32;
    const nonces = Buffer.alloc(count * xaesNonceBytes);
    const keys = Buffer.allocUnsafeSlow(count * messageKeyBytes).fill(0);
    const commitments = Buffer.alloc(committed ? count * commitmentBytes : 0);
    // Nonce bytes are written over the same places again and again; the rest of each block stays.
    const first = Buffer.alloc(count * stride, start.subarray(0, stride));
    const second = Buffer.alloc(committed ? count * end.length : 0);
    wiped.push(keys, first, second);

    function derive(): void {
      for (let message = 0; message < count; message += 1) {
        const [to, from] = [message * stride, message * xaesNonceBytes];
        for (let i = 0; i < 12; i += 1) {
          const byte = nonces[from + i] as number;
          first[to + 4 + i] = (start[4 + i] as number) ^ byte;
          first[to + 20 + i] = (start[20 + i] as number) ^ byte;
          if (committed) first[to + 36 + i] = byte;
        }
      }
      const derived = aes.update(first);
      for (let message = 0; message < count; message += 1) {
        const from = message * stride;
        for (let i = 0; i < 32; i += 1) keys[message * 32 + i] = derived[from + i] as number;
        if (!committed) continue;
        for (let i = 0; i < block; i += 1) {
          const nonce = i < 12 ? (nonces[message * xaesNonceBytes + 12 + i] as number) : 0;
          const chained = (derived[from + 32 + i] as number) ^ nonce;
          second[message * 32 + i] = chained ^ (end[i] as number);
          second[message * 32 + block + i] = chained ^ (end[block + i] as number);
        }
      }
      if (committed) commitments.set(aes.update(second));
      derived.fill(0);
    }
    return { nonces, keys, commitments, derive };
  }
  return {
    batch,
    close: () => {
      aes.final();
      for (const secret of wiped) secret.fill(0);
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

function xored(constant: Buffer, key: Buffer): Buffer {
  return Buffer.from(key.map((byte, i) => byte ^ (constant[i] ?? 0)));
}
