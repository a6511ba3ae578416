import { timingSafeEqual } from 'node:crypto';

export function utf8(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

export function u32(value: number): Buffer {
  const out = Buffer.allocUnsafe(4);
  out.writeUInt32BE(value);
  return out;
}

/**
 * Pre-authentication encoding: u32 count, then u32 length and bytes of each part. Injective, so two different lists
 * never authenticate as one ("ab","c" against "a","bc"). After PASETO's PAE, with 32-bit lengths.
 */
export function pae(parts: readonly Uint8Array[]): Buffer {
  let size = 4;
  for (const part of parts) size += 4 + part.length;
  const out = Buffer.allocUnsafe(size);
  let at = out.writeUInt32BE(parts.length);
  for (const part of parts) {
    at = out.writeUInt32BE(part.length, at);
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Constant time for equal lengths; lengths are public wherever this is used. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Strict base64url without padding: null for anything a canonical encoder would not have written. */
export function fromBase64Url(text: string): Buffer | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
