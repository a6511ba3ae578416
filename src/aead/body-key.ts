import { createHmac } from 'node:crypto';
import { u32 } from '../base/bytes.js';
import { SafekeepError } from '../base/errors.js';
import { gcmTagBytes, idleDecipher, openGcm, sealGcm } from './gcm.js';
import type { Nonces } from './nonces.js';
import { commitmentBytes, createXaesKey, messageKeyBytes, type XaesBatch, xaesNonceBytes } from './xaes.js';

/** What a sealed body of suite 01 has beyond its plaintext: nonce, commitment, tag. */
export const committedOverheadBytes: number = xaesNonceBytes + commitmentBytes + gcmTagBytes;
/** The same of suite 02, which has no commitment. */
export const plainOverheadBytes: number = xaesNonceBytes + gcmTagBytes;
/** Messages whose keys are derived ahead of sealing: two cipher calls for sixteen messages instead of for one. */
const ahead = 16;
/** A longer body is not kept in view. */
const widestKept = 8192;

/**
 * A key that seals bodies: nonce (24) || key commitment (32, suite 01 only) || ciphertext || tag (16). Safe for far more
 * messages under one key than are ever written (2^80, against 2^32 for AES-GCM with random nonces).
 */
export interface BodyKey {
  /** What a body has beyond its plaintext. */
  readonly overheadBytes: number;
  /** Writes a whole body into `out` at `at`: `plaintext.length + overheadBytes` bytes. */
  sealInto(out: Buffer, at: number, plaintext: Uint8Array, aad: Uint8Array): void;
  /**
   * The plaintext of the body that fills `sealed` from `at`; `key` when it was sealed under another key; `body` when
   * its bytes or its AAD differ. Without a commitment the two cannot be told apart, and both are `body`.
   */
  open(sealed: Buffer, at: number, aad: Uint8Array): Buffer | 'key' | 'body';
  /**
   * True when the body was sealed under this key: by its commitment, whatever its ciphertext and AAD; without one, only
   * when it opens.
   */
  sealedThis(sealed: Buffer, at: number, aad: Uint8Array): boolean;
  /** Frees the cipher and wipes what was derived. Every later use throws. */
  close(): void;
}

export interface BodyKeyOptions {
  readonly nonces: Nonces;
  /** Suite 01, KC-XAES-256-GCM: a body opens under one key only. Without it suite 02, plain XAES-256-GCM. */
  readonly committed: boolean;
  /**
   * Hedges the nonces: each is an HMAC under this key of a random nonce, the AAD and the plaintext. Should the
   * generator repeat itself (a cloned machine, a broken source), two messages share a nonce only when they are equal.
   */
  readonly hedge?: Uint8Array | undefined;
}

export function createBodyKey(key: Uint8Array, { nonces, committed, hedge }: BodyKeyOptions): BodyKey {
  const xaes = createXaesKey(key);
  const hedgeKey = hedge === undefined ? undefined : Buffer.from(hedge);
  const commitmentSize = committed ? commitmentBytes : 0;
  const ciphertextAt = xaesNonceBytes + commitmentSize;
  const overheadBytes = ciphertextAt + gcmTagBytes;
  let sealing: Sealing | undefined;
  let opening: Opening | undefined;
  let cut: Cut | undefined;
  let closed = false;

  /** Derives for the body's nonce and holds its commitment against ours. */
  function matches(sealed: Buffer, at: number): Message | null {
    opening ??= createOpening(xaes.batch(1, committed));
    const { batch, message } = opening;
    for (let i = 0; i < xaesNonceBytes; i += 1) message.nonce[i] = sealed[at + i] as number;
    batch.derive();
    let difference = 0;
    // Every byte is read whatever the first ones say: time tells a forger nothing about our commitment.
    for (let i = 0; i < commitmentSize; i += 1) {
      difference |= (message.commitment[i] as number) ^ (sealed[at + xaesNonceBytes + i] as number);
    }
    return difference === 0 ? message : null;
  }
  function open(sealed: Buffer, at: number, aad: Uint8Array): Buffer | 'key' | 'body' {
    if (sealed.length - at < overheadBytes) return 'body';
    // Before decrypting: a body made under another key never reaches the cipher.
    const message = matches(sealed, at);
    if (message === null) return 'key';
    if (cut?.of !== sealed || cut.at !== at) cut = cutOf(sealed, at);
    const plaintext = openGcm(message.messageKey, message.gcmNonce, aad, cut.ciphertext, cut.tag);
    message.messageKey.fill(0);
    if (sealed.length > widestKept) cut = undefined;
    return plaintext ?? 'body';
  }
  function cutOf(sealed: Buffer, at: number): Cut {
    const tagAt = sealed.length - gcmTagBytes;
    return { of: sealed, at, ciphertext: sealed.subarray(at + ciphertextAt, tagAt), tag: sealed.subarray(tagAt) };
  }
  return {
    overheadBytes,
    sealInto(out, at, plaintext, aad) {
      if (closed) throw new SafekeepError('ERR_KEY_RING_CLOSED');
      sealing ??=
        hedgeKey === undefined
          ? createSealing(xaes.batch(ahead, committed), nonces)
          : createHedgedSealing(xaes.batch(1, committed), nonces, hedgeKey);
      const { nonce, gcmNonce, messageKey, commitment } = sealing.next(plaintext, aad);
      out.set(nonce, at);
      out.set(commitment, at + xaesNonceBytes);
      sealGcm(messageKey, gcmNonce, aad, plaintext, out, at + ciphertextAt);
      messageKey.fill(0);
    },
    open,
    sealedThis(sealed, at, aad) {
      if (!committed) {
        const plaintext = open(sealed, at, aad);
        if (typeof plaintext !== 'string') plaintext.fill(0);
        return typeof plaintext !== 'string';
      }
      if (sealed.length - at < overheadBytes) return false;
      const message = matches(sealed, at);
      message?.messageKey.fill(0);
      return message !== null;
    },
    close() {
      closed = true;
      hedgeKey?.fill(0);
      xaes.close();
    },
  };
}

interface Message {
  readonly nonce: Buffer;
  readonly gcmNonce: Buffer;
  readonly messageKey: Buffer;
  /** Empty in suite 02. */
  readonly commitment: Buffer;
}
interface Opening {
  readonly batch: XaesBatch;
  readonly message: Message;
  readonly idle: object;
}
/** The parts of a sealed body. Callers decode into the same buffers again and again, and a view costs more than a look. */
interface Cut {
  readonly of: Buffer;
  readonly at: number;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}
interface Sealing {
  next(plaintext: Uint8Array, aad: Uint8Array): Message;
}

/** Views are made once: making one costs more than the comparison of two commitments. */
function messageAt(batch: XaesBatch, at: number): Message {
  const part = (of: Buffer, size: number): Buffer => of.subarray(at * size, (at + 1) * size);
  const nonce = part(batch.nonces, xaesNonceBytes);
  return {
    nonce,
    gcmNonce: nonce.subarray(12),
    messageKey: part(batch.keys, messageKeyBytes),
    commitment: part(batch.commitments, commitmentBytes),
  };
}

function createOpening(batch: XaesBatch): Opening {
  return { batch, message: messageAt(batch, 0), idle: idleDecipher() };
}

/** Fresh messages, derived a batch at a time; each is handed out once. */
function createSealing(batch: XaesBatch, nonces: Nonces): Sealing {
  const messages = Array.from({ length: ahead }, (_, at) => messageAt(batch, at));
  let used = ahead;
  return {
    next() {
      if (used === ahead) {
        for (const { nonce } of messages) nonces.drawInto(nonce, 0);
        batch.derive();
        used = 0;
      }
      // Before it is handed out: whatever fails while it seals, its nonce is not used again.
      used += 1;
      return messages[used - 1] as Message;
    },
  };
}

/** One message at a time: its nonce waits for what it seals. The length parts AAD from plaintext. */
function createHedgedSealing(batch: XaesBatch, nonces: Nonces, hedge: Buffer): Sealing {
  const message = messageAt(batch, 0);
  return {
    next(plaintext, aad) {
      nonces.drawInto(message.nonce, 0);
      const mac = createHmac('sha256', hedge).update(message.nonce).update(u32(aad.length)).update(aad);
      mac.update(plaintext).digest().copy(message.nonce, 0, 0, xaesNonceBytes);
      batch.derive();
      return message;
    },
  };
}
