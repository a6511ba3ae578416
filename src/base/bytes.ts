import { timingSafeEqual } from 'node:crypto';

export function utf8(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

const shortText = 40;

/**
 * Writes UTF-8 into `into` at `at`, which has room for three bytes a character, and returns how many bytes that took.
 * Names, keys and addresses are short and ASCII: copying them takes less than the call into the platform.
 */
export function writeText(text: string, into: Buffer, at: number): number {
  if (text.length > shortText) return into.write(text, at, 'utf8');
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return into.write(text, at, 'utf8');
    into[at + i] = code;
  }
  return text.length;
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
