/** The first 64 bits of the fractional parts of the square roots of the first eight primes (RFC 7693, 2.6). */
const start = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
] as const;
/** The order in which each round takes the words of a block (RFC 7693, 2.7), in hex digits. */
const orders = [
  '0123456789abcdef',
  'ea489fd61c02b753',
  'b8c052fdae367194',
  '7931dcbe265a40f8',
  '905724afe1bc683d',
  '2c6a0b834d75fe19',
  'c51fed4a0763928b',
  'db7ec13950f4862a',
  '6fe9b308c2d714a5',
  'a2847615fb9e3cd0',
].map((order) => [...order].map((digit) => Number.parseInt(digit, 16)));
const blockBytes = 128;

/**
 * BLAKE2b with a key of 32 bytes and 32 bytes of output (RFC 7693), which node:crypto does not have. It is slow (BigInt)
 * and for reading what CipherSweet stored; nothing is sealed with it.
 */
export function blake2b256(key: Uint8Array, message: Uint8Array): Buffer {
  const state = new BigUint64Array(start);
  // Parameter block: 32 bytes out, 32 bytes of key, fan-out and depth 1.
  state[0] = (state[0] as bigint) ^ 0x01012020n;
  // The key is a block of its own; without a message it is the last.
  const blocks = 1 + Math.ceil(message.length / blockBytes);
  const padded = Buffer.alloc(blocks * blockBytes);
  padded.set(key, 0);
  padded.set(message, blockBytes);
  for (let block = 0; block < blocks; block += 1) {
    const isLast = block === blocks - 1;
    const counted = isLast ? blockBytes + message.length : (block + 1) * blockBytes;
    compress(state, padded.subarray(block * blockBytes, (block + 1) * blockBytes), BigInt(counted), isLast);
  }
  padded.fill(0);
  const out = Buffer.alloc(32);
  for (let word = 0; word < 4; word += 1) out.writeBigUInt64LE(state[word] as bigint, word * 8);
  return out;
}

function compress(state: BigUint64Array, block: Buffer, counted: bigint, isLast: boolean): void {
  const words = Array.from({ length: 16 }, (_, at) => block.readBigUInt64LE(at * 8));
  const v = new BigUint64Array(16);
  v.set(state);
  v.set(start, 8);
  v[12] = (v[12] as bigint) ^ counted;
  if (isLast) v[14] = ~(v[14] as bigint);
  for (let round = 0; round < 12; round += 1) {
    const order = orders[round % 10] as readonly number[];
    const word = (at: number): bigint => words[order[at] as number] as bigint;
    for (let column = 0; column < 4; column += 1) {
      mix(v, column, column + 4, column + 8, column + 12, word(2 * column), word(2 * column + 1));
    }
    for (let diagonal = 0; diagonal < 4; diagonal += 1) {
      const [b, c, d] = [4 + ((diagonal + 1) % 4), 8 + ((diagonal + 2) % 4), 12 + ((diagonal + 3) % 4)];
      mix(v, diagonal, b, c, d, word(8 + 2 * diagonal), word(9 + 2 * diagonal));
    }
  }
  for (let at = 0; at < 8; at += 1) {
    state[at] = (state[at] as bigint) ^ (v[at] as bigint) ^ (v[at + 8] as bigint);
  }
}

function mix(v: BigUint64Array, a: number, b: number, c: number, d: number, x: bigint, y: bigint): void {
  step(v, a, b, d, x, 32n);
  step(v, c, d, b, 0n, 24n);
  step(v, a, b, d, y, 16n);
  step(v, c, d, b, 0n, 63n);
}

/** sum += addend + word; turned = (turned ^ sum) rotated right. The array keeps 64 bits of each. */
function step(v: BigUint64Array, sum: number, addend: number, turned: number, word: bigint, bits: bigint): void {
  v[sum] = (v[sum] as bigint) + (v[addend] as bigint) + word;
  const mixed = (v[turned] as bigint) ^ (v[sum] as bigint);
  v[turned] = (mixed >> bits) | (mixed << (64n - bits));
}
