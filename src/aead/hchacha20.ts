/** "expand 32-byte k" as four little-endian words (RFC 8439, 2.3). */
const constants = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;

/**
 * HChaCha20 (draft-irtf-cfrg-xchacha-03, 2.2): the ChaCha20 rounds over key and the first 16 bytes of a nonce, of which
 * the first and the last row are the subkey. node:crypto has ChaCha20 but not this. Additions, rotations and XOR only:
 * its time depends on neither key nor nonce.
 */
export function hChaCha20(key: Uint8Array, nonce: Uint8Array): Buffer {
  const state = new Uint32Array(16);
  state.set(constants);
  wordsInto(state, 4, key, 8);
  wordsInto(state, 12, nonce, 4);
  for (let round = 0; round < 10; round += 1) {
    quarter(state, 0, 4, 8, 12);
    quarter(state, 1, 5, 9, 13);
    quarter(state, 2, 6, 10, 14);
    quarter(state, 3, 7, 11, 15);
    quarter(state, 0, 5, 10, 15);
    quarter(state, 1, 6, 11, 12);
    quarter(state, 2, 7, 8, 13);
    quarter(state, 3, 4, 9, 14);
  }
  const subkey = Buffer.alloc(32);
  for (let word = 0; word < 4; word += 1) {
    subkey.writeUInt32LE(state[word] as number, word * 4);
    subkey.writeUInt32LE(state[12 + word] as number, 16 + word * 4);
  }
  state.fill(0);
  return subkey;
}

function wordsInto(state: Uint32Array, at: number, bytes: Uint8Array, count: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let word = 0; word < count; word += 1) state[at + word] = view.getUint32(word * 4, true);
}

function quarter(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  step(state, a, b, d, 16);
  step(state, c, d, b, 12);
  step(state, a, b, d, 8);
  step(state, c, d, b, 7);
}

/** sum += addend; turned = (turned ^ sum) rotated left by `bits`. */
function step(state: Uint32Array, sum: number, addend: number, turned: number, bits: number): void {
  state[sum] = (state[sum] as number) + (state[addend] as number);
  const mixed = (state[turned] as number) ^ (state[sum] as number);
  state[turned] = (mixed << bits) | (mixed >>> (32 - bits));
}
