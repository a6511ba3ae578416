import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openXaesGcm, sealXaesGcm } from './hex.js';

const messages = 1_000_000;
/** A little over what a million messages read of the stream: 313 bytes each on average. */
const streamBytes = messages * 314;

describe('XAES-256-GCM, at length', () => {
  // Source: the section Test vectors of the C2SP XAES-256-GCM specification, c2sp.org/XAES-256-GCM.
  it('gives the published digest of a million accumulated random messages, and opens each', () => {
    const stream = createHash('shake128', { outputLength: streamBytes }).digest();
    let at = 0;
    const read = (count: number) => {
      at += count;
      if (at > stream.length) expect.unreachable('the stream is too short');
      return stream.subarray(at - count, at);
    };
    const readVariable = () => read(read(1)[0] as number);
    const seen = createHash('shake128', { outputLength: 32 });
    for (let i = 0; i < messages; i += 1) {
      const [key, random, plaintext, aad] = [read(32), read(24), readVariable(), readVariable()];
      const sealed = sealXaesGcm(key, random, aad, plaintext);
      seen.update(sealed);
      if (openXaesGcm(key, random, aad, sealed)?.equals(plaintext) !== true) expect.unreachable(`message ${i}`);
    }
    expect(seen.digest('hex')).toBe('2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15');
  });
});
