import { SafekeepError } from '../base/errors.js';
import { gcmTagBytes, openGcm, sealGcm } from './gcm.js';
import type { Nonces } from './nonces.js';
import { commitmentBytes, createXaesKey, messageKeyBytes, type XaesBatch, xaesNonceBytes } from './xaes.js';

/** What a sealed body has beyond its plaintext: nonce, commitment, tag. */
export const committedOverheadBytes: number = xaesNonceBytes + commitmentBytes + gcmTagBytes;
const ciphertextAt = xaesNonceBytes + commitmentBytes;
/** Messages whose keys are derived ahead of sealing: two cipher calls for sixteen messages instead of for one. */
const ahead = 16;

/**
 * Suite 01, KC-XAES-256-GCM: nonce (24) || key commitment (32) || ciphertext || tag (16). Safe for far more messages
 * under one key than are ever written (2^80, against 2^32 for AES-GCM with random nonces), and a body opens under one
 * key only.
 */
export interface CommittedKey {
  /** Writes a whole body into `out` at `at`: `plaintext.length + committedOverheadBytes` bytes. */
  sealInto(out: Buffer, at: number, plaintext: Uint8Array, aad: Uint8Array): void;
  /**
   * The plaintext of the body that fills `sealed` from `at`; `key` when it was sealed under another key; `body` when
   * its bytes or its AAD differ.
   */
  open(sealed: Buffer, at: number, aad: Uint8Array): Buffer | 'key' | 'body';
  /** True when the body was sealed under this key; says nothing about its ciphertext. */
  sealedThis(sealed: Buffer, at: number): boolean;
  /** Frees the cipher and wipes what was derived. Every later use throws. */
  close(): void;
}

export function createCommittedKey(key: Uint8Array, nonces: Nonces): CommittedKey {
  const xaes = createXaesKey(key);
  let sealing: Sealing | undefined;
  let opening: Opening | undefined;
  let closed = false;

  /** Derives for the body's nonce and holds its commitment against ours. */
  function matches({ batch, message }: Opening, sealed: Buffer, at: number): boolean {
    for (let i = 0; i < xaesNonceBytes; i += 1) message.nonce[i] = sealed[at + i] as number;
    batch.derive();
    let difference = 0;
    // Every byte is read whatever the first ones say: time tells a forger nothing about our commitment.
    for (let i = 0; i < commitmentBytes; i += 1) {
      difference |= (message.commitment[i] as number) ^ (sealed[at + xaesNonceBytes + i] as number);
    }
    return difference === 0;
  }
  return {
    sealInto(out, at, plaintext, aad) {
      if (closed) throw new SafekeepError('ERR_KEY_RING_CLOSED');
      sealing ??= createSealing(xaes.batch(ahead), nonces);
      const { nonce, gcmNonce, messageKey, commitment } = sealing.next();
      out.set(nonce, at);
      out.set(commitment, at + xaesNonceBytes);
      sealGcm(messageKey, gcmNonce, aad, plaintext, out, at + ciphertextAt);
      messageKey.fill(0);
    },
    open(sealed, at, aad) {
      if (sealed.length - at < committedOverheadBytes) return 'body';
      opening ??= createOpening(xaes.batch(1));
      // Before decrypting: a body made under another key never reaches the cipher.
      if (!matches(opening, sealed, at)) return 'key';
      const { messageKey, gcmNonce } = opening.message;
      const plaintext = openGcm(messageKey, gcmNonce, aad, sealed, at + ciphertextAt);
      messageKey.fill(0);
      return plaintext ?? 'body';
    },
    sealedThis(sealed, at) {
      if (sealed.length - at < committedOverheadBytes) return false;
      opening ??= createOpening(xaes.batch(1));
      const sealedHere = matches(opening, sealed, at);
      opening.message.messageKey.fill(0);
      return sealedHere;
    },
    close() {
      closed = true;
      xaes.close();
    },
  };
}

interface Message {
  readonly nonce: Buffer;
  readonly gcmNonce: Buffer;
  readonly messageKey: Buffer;
  readonly commitment: Buffer;
}
interface Opening {
  readonly batch: XaesBatch;
  readonly message: Message;
}
interface Sealing {
  next(): Message;
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
  return { batch, message: messageAt(batch, 0) };
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
