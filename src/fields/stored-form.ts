import type { Ciphertext, SealedBytes } from '../base/brands.js';
import type { StoredForm } from '../policy/rules.js';

const prefix = 'sf1.';

/** A sealed value as its column stores it: the text, or the bytes that the text writes down. */
export function asStored(sealed: Ciphertext, form: StoredForm | undefined): Ciphertext | SealedBytes {
  return form === 'bytes' ? bytesOf(sealed) : sealed;
}

/** What a column holds in the one form that envelopes read; what is no bytes stays what it is, and is refused there. */
export function asText(stored: unknown, form: StoredForm | undefined): unknown {
  return form === 'bytes' && stored instanceof Uint8Array ? textOf(stored) : stored;
}

export function bytesOf(sealed: Ciphertext): SealedBytes {
  return Buffer.from(sealed.slice(prefix.length), 'base64url') as Uint8Array as SealedBytes;
}

export function textOf(bytes: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = bytes;
  return prefix + Buffer.from(buffer, byteOffset, byteLength).toString('base64url');
}
