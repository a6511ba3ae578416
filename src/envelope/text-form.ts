/** `sf1.` and base64url without padding. The six-byte header always lies in characters 5 to 12. */
export const textPrefix = 'sf1.';
export const magicByte = 0xc1;
export const headerBytes = 6;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Sizes whose views are kept: paddings leave few. */
const mostViews = 256;

/**
 * Decodes the text form, strictly: null for anything that no canonical encoder writes (other alphabet, padding, other
 * trailing bits), so that one sealed value has one spelling and compare-and-swap can rely on it. What does not fill
 * `room` is decoded into it, and is valid until the next call.
 */
export function createTextDecoder(room: Buffer): (text: unknown) => Buffer | null {
  const views = new Map<number, Buffer>();
  return (text) => {
    const bytes = decodeText(text, room);
    if (bytes === null || typeof bytes === 'object') return bytes;
    const known = views.get(bytes);
    if (known !== undefined) return known;
    if (views.size >= mostViews) views.clear();
    const view = room.subarray(0, bytes);
    views.set(bytes, view);
    return view;
  };
}

/** The bytes; or how many of them are in `room` now, where they fit. */
function decodeText(text: unknown, room: Buffer): Buffer | number | null {
  if (typeof text !== 'string' || !text.startsWith(textPrefix)) return null;
  const characters = text.length - textPrefix.length;
  // One character over a whole group has six bits of a byte: no encoder ends so.
  if (characters % 4 === 1) return null;
  const size = Math.floor((characters * 3) / 4);
  const target = size <= room.length ? room : Buffer.alloc(size);
  // The platform's decoder skips what it does not know, and then writes less. It takes two things for known that are
  // not ours: the other alphabet's signs, and characters beyond a byte, of which it looks at the low byte.
  if (target.write(text.slice(textPrefix.length), 0, 'base64url') !== size) return null;
  if (text.includes('+') || text.includes('/') || Buffer.byteLength(text) !== text.length) return null;
  if (!endsAsWritten(text, characters % 4, target[size - 1] as number)) return null;
  return target === room ? size : target;
}

/** Of the last character of a group that is not whole, only some bits are the value's: the others are zero. */
function endsAsWritten(text: string, over: number, lastByte: number): boolean {
  if (over === 0) return true;
  const bits = over === 2 ? (lastByte & 0x03) << 4 : (lastByte & 0x0f) << 2;
  return text.charCodeAt(text.length - 1) === alphabet.charCodeAt(bits);
}
