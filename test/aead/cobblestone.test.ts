import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { chunkBytes, createChunkedMessage, sealedChunkBytes } from '../../src/aead/cobblestone.js';
import { thirdParty } from '../vectors/third-party.js';
import { ascii, hex } from './hex.js';

interface ChunkedCase {
  readonly tcId: number;
  readonly comment: string;
  readonly key: string;
  readonly ctx: string;
  readonly ct: string;
  readonly msgLength?: number;
  readonly msgSha512?: string;
  readonly result: 'valid' | 'invalid';
}
const key = hex('59'.repeat(32));
const salt = hex('42'.repeat(24));
const message = (first = 0, context = 'place') => createChunkedMessage(key, salt, ascii(context), first);
const sealedBy = (by: ReturnType<typeof message>, chunk: Buffer) => Buffer.concat(by.seal(chunk));
const full = Buffer.alloc(chunkBytes, 7);

/** A whole message, salt and commitment before it, opened as its bytes come; null where any of it is refused. */
function openWhole(inputKey: Buffer, context: Buffer, sealed: Buffer): Buffer | null {
  if (sealed.length < 56 || inputKey.length !== 32) return null;
  const opening = createChunkedMessage(inputKey, sealed.subarray(0, 24), context);
  if (!opening.commitment.equals(sealed.subarray(24, 56))) return null;
  const chunks: Buffer[] = [];
  let at = 56;
  for (; sealed.length - at >= sealedChunkBytes; at += sealedChunkBytes) {
    const chunk = opening.open(sealed.subarray(at, at + sealedChunkBytes));
    if (chunk === null) return null;
    chunks.push(chunk);
  }
  const last = opening.open(sealed.subarray(at));
  return last === null ? null : Buffer.concat([...chunks, last]);
}

const wycheproof = thirdParty('wycheproof/c2sp_chunked_encryption_aes_256_gcm_test.json');
describe.skipIf(!wycheproof.present)('the Wycheproof file of C2SP chunked encryption', () => {
  it('agrees with all of its 35 cases', () => {
    const { testGroups } = JSON.parse(wycheproof.text()) as { testGroups: { tests: ChunkedCase[] }[] };
    const cases = testGroups.flatMap(({ tests }) => tests);
    expect(cases.length).toBe(35);
    for (const { tcId, comment, key: inputKey, ctx, ct, result, msgSha512 } of cases) {
      const opened = openWhole(hex(inputKey), hex(ctx), inflateSync(hex(ct)));
      const digest = opened === null ? null : createHash('sha512').update(opened).digest('hex');
      expect(`${tcId} ${comment} ${digest}`).toBe(`${tcId} ${comment} ${result === 'valid' ? msgSha512 : null}`);
    }
  });
});

describe('Cobblestone-256', () => {
  it('opens its chunks in their order, the last one short', () => {
    const [sealing, opening] = [message(), message()];
    const sealed = [full, full, Buffer.alloc(5, 1)].map((chunk) => sealedBy(sealing, chunk));
    expect(sealed.map(({ length }) => length)).toEqual([16_400, 16_400, 21]);
    expect(sealed.map((chunk) => opening.open(chunk)?.length)).toEqual([16_384, 16_384, 5]);
  });

  it('refuses a chunk in another place of its message, or of another key, salt or context', () => {
    const sealing = message();
    const [first, second, last] = [full, full, Buffer.alloc(0)].map((chunk) => sealedBy(sealing, chunk)) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    expect(message().open(second)).toBeNull();
    expect(message().open(last)).toBeNull();
    expect(message(1).open(first)).toBeNull();
    expect(message(1).open(second)).toEqual(full);
    expect(message(0, 'elsewhere').open(first)).toBeNull();
    expect(createChunkedMessage(hex('58'.repeat(32)), salt, ascii('place')).open(first)).toBeNull();
    expect(createChunkedMessage(key, hex('43'.repeat(24)), ascii('place')).open(first)).toBeNull();
    const repeated = message();
    repeated.open(first);
    expect(repeated.open(first)).toBeNull();
  });

  it('lets nothing follow the short chunk, in sealing and in opening', () => {
    const [sealing, opening] = [message(), message()];
    const last = sealedBy(sealing, Buffer.alloc(1));
    expect(() => sealing.seal(Buffer.alloc(1))).toThrow(expect.objectContaining({ code: 'ERR_STREAM_ENDED' }));
    expect(opening.open(last)).toEqual(Buffer.alloc(1));
    expect(opening.open(last)).toBeNull();
    expect(() => message().seal(Buffer.alloc(chunkBytes + 1))).toThrow(
      expect.objectContaining({ code: 'ERR_STREAM_ENDED' }),
    );
  });

  it('refuses a chunk shorter than its tag, and any bit flipped in one', () => {
    const last = sealedBy(message(), ascii('end'));
    for (let length = 0; length < last.length; length += 1) expect(message().open(last.subarray(0, length))).toBeNull();
    for (let bit = 0; bit < last.length * 8; bit += 1) {
      const copy = Buffer.from(last);
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(message().open(copy)).toBeNull();
    }
  });

  it('counts its chunks in five bytes, up to 2^38 of them', () => {
    const at = (number: number) => sealedBy(message(number), full).toString('hex');
    const seen = new Set([0, 1, 255, 256, 65_536, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 38 - 1].map(at));
    expect(seen.size).toBe(10);
    expect(() => message(2 ** 38).seal(full)).toThrow(expect.objectContaining({ code: 'ERR_STREAM_ENDED' }));
    expect(message(2 ** 38).open(sealedBy(message(), full))).toBeNull();
  });

  it('works no more once it is closed', () => {
    const closed = message();
    closed.close();
    expect(() => closed.seal(full)).toThrow(expect.objectContaining({ code: 'ERR_KEY_RING_CLOSED' }));
  });

  it('takes a key of 32 bytes only', () => {
    for (const size of [0, 16, 31, 33, 64])
      expect(() => createChunkedMessage(Buffer.alloc(size), salt, ascii(''))).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
      );
  });
});
