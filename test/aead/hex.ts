export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex');
}
export function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A Random that answers these bytes again and again, so that a vector fixes the nonce. */
export function fixedRandom(nonce: Buffer): { bytes(count: number): Buffer; below(limit: number): number } {
  return {
    bytes: (count) => Buffer.alloc(count, nonce),
    below: () => 0,
  };
}
