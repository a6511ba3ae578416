import { createHmac } from 'node:crypto';
import { utf8 } from '../base/bytes.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { gcmTagBytes, openGcm, sealGcmChunk } from './gcm.js';

export const saltBytes = 24;
export const streamCommitmentBytes = 32;
/** Plaintext bytes of every chunk but the last, which is shorter and may be empty. */
export const chunkBytes: number = 16 * 1024;
export const sealedChunkBytes: number = chunkBytes + gcmTagBytes;
/** 4 PiB, where the specification ends a message. */
const mostChunks = 2 ** 38;
const label = utf8('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0');
const none = Buffer.alloc(0);

/**
 * One message of Cobblestone-256 (c2sp.org/chunked-encryption with SHA-512 and AES-256-GCM): a key of its own, a counted
 * nonce per chunk, and a chunk that is not full as its end. Chunks go through in order, and nothing follows that one.
 */
export interface ChunkedMessage {
  /** 32 bytes that no other key, salt or context gives. Depends on nothing else, so it is checked first. */
  readonly commitment: Buffer;
  /** The next chunk's ciphertext and tag, to be written in this order. A chunk that is not full is the last. */
  seal(chunk: Uint8Array): readonly [Buffer, Buffer];
  /** The next chunk of the message; null for anything else. */
  open(sealed: Uint8Array): Buffer | null;
  /** Wipes the key. Every later chunk throws. */
  close(): void;
}

/**
 * The salt is 24 random bytes, never used twice under one key. `first` is the number of the first chunk: 0 but in tests
 * of the counter.
 */
export function createChunkedMessage(
  inputKey: Uint8Array,
  salt: Uint8Array,
  context: Uint8Array,
  first = 0,
): ChunkedMessage {
  const material = expand(inputKey, Buffer.concat([label, salt, context]));
  const key = material.subarray(0, 32);
  const baseNonce = material.subarray(32, 44);
  const commitment = Buffer.from(material.subarray(44, 76));
  const nonce = Buffer.from(baseNonce);
  let next = first;
  let ended = false;
  let closed = false;

  /** Makes the next chunk's nonce: the base nonce XOR its number, which five bytes hold. False past the end. */
  function advance(size: number): boolean {
    if (closed) throw new SafekeepError('ERR_KEY_RING_CLOSED');
    if (ended || size > chunkBytes || next >= mostChunks) return false;
    let rest = next;
    for (let i = 11; i >= 7; i -= 1) {
      nonce[i] = (baseNonce[i] as number) ^ (rest & 0xff);
      rest = Math.floor(rest / 256);
    }
    next += 1;
    ended = size < chunkBytes;
    return true;
  }
  return {
    commitment,
    seal(chunk) {
      if (!advance(chunk.length)) throw new SafekeepError('ERR_STREAM_ENDED');
      return sealGcmChunk(key, nonce, chunk);
    },
    open(sealed) {
      if (sealed.length < gcmTagBytes || !advance(sealed.length - gcmTagBytes)) return null;
      const end = sealed.length - gcmTagBytes;
      return openGcm(key, nonce, none, sealed.subarray(0, end), sealed.subarray(end));
    },
    close() {
      closed = true;
      material.fill(0);
    },
  };
}

/** HKDF-Expand with SHA-512 (RFC 5869, 2.3), 76 bytes of it: the key is uniform, so nothing is extracted. */
function expand(key: Uint8Array, info: Uint8Array): Buffer {
  if (key.length !== 32) {
    throw new SafekeepError('ERR_OPTION_INVALID', { option: nameOf('inputKey'), expected: say`32 bytes` });
  }
  const first = createHmac('sha512', key).update(info).update(Uint8Array.of(1)).digest();
  const second = createHmac('sha512', key).update(first).update(info).update(Uint8Array.of(2)).digest();
  const material = Buffer.allocUnsafeSlow(76);
  first.copy(material);
  second.copy(material, 64);
  first.fill(0);
  second.fill(0);
  return material;
}
