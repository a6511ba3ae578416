import { isWellFormed } from './place.js';
import { encode, type Typed, textTag } from './values.js';

const roomBytes = 4096;
const padStart = 0x80;

export interface Plaintexts {
  /**
   * Type tag || value || 80 00*, a multiple of `bucketBytes` long. Valid until the next call; the caller wipes it.
   * null when the value is not of its type.
   */
  write(value: Typed, bucketBytes: number): Buffer | null;
}

/** One buffer serves every small plaintext, apart from the platform's shared pool, so that it can be wiped. */
export function createPlaintexts(): Plaintexts {
  const room = Buffer.allocUnsafeSlow(roomBytes).fill(0);
  let view = room.subarray(0, 0);

  function padded(length: number, bucketBytes: number): Buffer {
    const size = Math.ceil((length + 2) / bucketBytes) * bucketBytes;
    // Values of a column mostly have one size, and a view costs more than the comparison.
    if (size <= roomBytes && view.length !== size) view = room.subarray(0, size);
    const out = size <= roomBytes ? view : Buffer.allocUnsafeSlow(size);
    out[length + 1] = padStart;
    out.fill(0, length + 2);
    return out;
  }
  return {
    write(value, bucketBytes) {
      // Text without a detour: it is what nearly every column holds.
      if (value.type === 'text') {
        if (typeof value.value !== 'string' || !isWellFormed(value.value)) return null;
        const out = padded(Buffer.byteLength(value.value, 'utf8'), bucketBytes);
        out[0] = textTag;
        out.write(value.value, 1, 'utf8');
        return out;
      }
      const encoded = encode(value);
      if (encoded === null) return null;
      const out = padded(encoded.bytes.length, bucketBytes);
      out[0] = encoded.tag;
      out.set(encoded.bytes, 1);
      return out;
    },
  };
}

/** Where tag and value of a padded plaintext end; 0 when the padding is none. */
export function valueLength(plaintext: Buffer): number {
  let end = plaintext.length - 1;
  while (end > 0 && plaintext[end] === 0) end -= 1;
  return plaintext[end] === padStart ? end : 0;
}
