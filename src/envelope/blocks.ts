/** Cuts what streams in into blocks of one size. */
export interface Blocks {
  /** Hands each whole block to `use`. A block is a view of `chunk` where it lies in it whole. */
  push(chunk: Buffer, use: (block: Buffer) => void): void;
  /** What came since the last whole block. */
  rest(): Buffer;
  wipe(): void;
}

export function createBlocks(size: number): Blocks {
  const held = Buffer.allocUnsafeSlow(size).fill(0);
  let used = 0;
  return {
    push(chunk, use) {
      let at = 0;
      if (used > 0) {
        at = Math.min(size - used, chunk.length);
        chunk.copy(held, used, 0, at);
        used += at;
        if (used < size) return;
        used = 0;
        use(held);
      }
      for (; chunk.length - at >= size; at += size) use(chunk.subarray(at, at + size));
      used = chunk.copy(held, 0, at);
    },
    rest: () => held.subarray(0, used),
    wipe() {
      held.fill(0);
      used = 0;
    },
  };
}
