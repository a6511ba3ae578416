/** How far beyond the longest line is kept, so that a datum across the cut is seen. */
export const overlapBytes = 512;

/** Cuts bytes as they come into blocks of whole lines, and holds the last line back until its end is there. */
export interface LineBlocks {
  /** Whole lines, or undefined while there are none. */
  take(chunk: Uint8Array): Buffer | undefined;
  /** What is left when nothing more comes: a line without an end, or nothing. */
  rest(): Buffer;
}

const lineFeed = 10;
const end = Buffer.from('\n');

/**
 * Bytes are cut at line feeds alone, which are part of no other character in UTF-8: where a chunk ends is of no meaning.
 * Of a line that is longer than `maxLineBytes` and the overlap the rest is dropped, so the memory is bounded; whoever
 * prints the block sees by its length that the line has to be cut and marked.
 */
export function createLineBlocks(maxLineBytes: number): LineBlocks {
  const most = maxLineBytes + overlapBytes;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let isSkipping = false;

  function hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    // A copy, because the writer may use its buffer again.
    held.push(Buffer.from(bytes));
    heldBytes += bytes.length;
  }

  function release(): Buffer[] {
    const out = held;
    [held, heldBytes] = [[], 0];
    return out;
  }

  return {
    take(chunk) {
      let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      if (isSkipping) {
        const next = bytes.indexOf(lineFeed);
        if (next < 0) return undefined;
        isSkipping = false;
        bytes = bytes.subarray(next + 1);
      }
      const last = bytes.lastIndexOf(lineFeed);
      const out = last < 0 ? [] : [...release(), bytes.subarray(0, last + 1)];
      hold(bytes.subarray(last + 1));
      if (heldBytes > most) {
        out.push(Buffer.concat(release(), most), end);
        isSkipping = true;
      }
      return out.length === 0 ? undefined : Buffer.concat(out);
    },
    rest: () => Buffer.concat(release()),
  };
}
