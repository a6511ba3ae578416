/**
 * Binary fuse filters with three places a key (T. M. Graf, D. Lemire, "Binary Fuse Filters", 2022). The key is three
 * words of a SHA-1, which are as good as random already: the first attempt uses them as they are, and only where that
 * cannot be solved a later one stirs them. docs/formats.md has it in full.
 */
export interface FuseShape {
  /** 0: the words as they are. Otherwise stirred with this. */
  readonly seed: number;
  /** A power of two; the three places lie in three neighbouring segments. 0 in a filter of nothing. */
  readonly segmentLength: number;
  /** Segments in which a first place may lie; two more follow them. */
  readonly segments: number;
}

/** Bits of a fingerprint: one look-up in 2^bits says "listed" of what is not. */
export type FingerprintBits = 8 | 16;

/** Words of a key: bytes 4 to 7, 8 to 11 and 12 to 15 of the SHA-1. */
export const wordsOfKey = 3;
const longestSegment = 2 ** 16;

/** The shape for that many keys, as its authors found it to be solvable almost always. */
export function shapeFor(keys: number, seed: number): FuseShape {
  if (keys === 0) return { seed: 0, segmentLength: 0, segments: 0 };
  const log = Math.log(Math.max(2, keys));
  const segmentLength = Math.min(longestSegment, 2 ** Math.floor(log / Math.log(3.33) + 2.25));
  const factor = Math.max(1.125, 0.875 + (0.25 * Math.log(1_000_000)) / log);
  const segments = Math.max(1, Math.ceil(Math.round(keys * factor) / segmentLength) - 2);
  return { seed, segmentLength, segments };
}

export function cellsOf({ segmentLength, segments }: FuseShape): number {
  return segmentLength === 0 ? 0 : (segments + 2) * segmentLength;
}

/** Writes the three places and the fingerprint (32 bits, of which the low ones are kept) of a key into `out`. */
export function locate(
  { seed, segmentLength, segments }: FuseShape,
  key: ArrayLike<number>,
  at: number,
  out: Uint32Array,
): void {
  let a = key[at]!;
  let b = key[at + 1]!;
  let c = key[at + 2]!;
  if (seed !== 0) {
    a = stir(a ^ stir(c ^ seed));
    b = stir(b ^ a);
    c = stir(c ^ b);
  }
  const mask = segmentLength - 1;
  const first = scale(a >>> 0, segments * segmentLength);
  out[0] = first;
  out[1] = (first + segmentLength) ^ (b & mask);
  out[2] = (first + 2 * segmentLength) ^ ((b >>> 16) & mask);
  out[3] = c;
}

/** floor(word × range / 2^32), in two halves because the product would not fit a double. */
function scale(word: number, range: number): number {
  return Math.floor(((word >>> 16) * range + Math.floor(((word & 0xffff) * range) / 65_536)) / 65_536);
}

/** The finaliser of MurmurHash3: one-to-one on 32 bits. */
function stir(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
