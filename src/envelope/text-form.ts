/** `sf1.` and base64url without padding. The six-byte header always lies in characters 5 to 12. */
export const textPrefix = 'sf1.';
export const magicByte = 0xc1;
export const headerBytes = 6;

/**
 * Decodes the text form into `into`, strictly: null for anything that no canonical encoder writes (other alphabet,
 * padding, other trailing bits), so that one sealed value has one spelling and compare-and-swap can rely on it.
 */
export function decodeText(text: unknown, into: Buffer): Buffer | null {
  if (typeof text !== 'string' || !text.startsWith(textPrefix)) return null;
  const characters = text.length - textPrefix.length;
  const size = Math.floor((characters * 3) / 4);
  const target = size <= into.length ? into : Buffer.alloc(size);
  const encoded = text.slice(textPrefix.length);
  const written = target.write(encoded, 0, 'base64url');
  // The platform's decoder skips what it does not know: only writing it again tells.
  if (written !== size || target.toString('base64url', 0, size) !== encoded) return null;
  return target.subarray(0, size);
}
