import { Readable, type Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { createEnvelopes, type Place } from '../../src/envelope/index.js';
import { fixedRing } from './fixed-ring.js';

const ring = () =>
  fixedRing([
    { id: 0xa1b2c3d4, key: Buffer.alloc(32, 1) },
    { id: 9, key: Buffer.alloc(32, 3), purpose: 'index' },
  ]);
const envelopes = createEnvelopes({ application: 'shop', keys: ring() });
const place: Place = { table: 'documents', column: 'scan', row: 'd-1' };
const header = 6;
const prelude = 62;

/** All that comes out of a stream into which the pieces are written. */
async function through(stream: Transform, ...pieces: readonly Uint8Array[]): Promise<Buffer> {
  Readable.from(pieces.map((piece) => Buffer.from(piece))).pipe(stream);
  return await buffer(stream);
}
const seal = (...pieces: readonly Uint8Array[]) => through(envelopes.sealStream(place), ...pieces);
/** The code a stream fails with, and how many bytes came out of it before. */
async function opening(sealed: Uint8Array, at: Place = place, by = envelopes): Promise<string> {
  const stream = by.openStream(at);
  let out = 0;
  stream.on('data', (piece: Buffer) => {
    out += piece.length;
  });
  try {
    const done = new Promise<void>((resolve, reject) => {
      stream.once('end', resolve).once('error', reject);
    });
    stream.end(Buffer.from(sealed));
    await done;
  } catch (error) {
    if (!isSafekeepError(error)) throw error;
    return out === 0 ? error.code : `${error.code} after ${out}`;
  }
  return 'accepted';
}
const counted = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, at) => at * 31 + (at >> 8)));

describe('a sealed stream', () => {
  it.each([0, 1, 16_383, 16_384, 16_385, 32_768, 100_000])(
    'gives back %i bytes, whatever pieces they came in',
    async (length) => {
      const plain = counted(length);
      const sealed = await seal(plain);
      expect(sealed.length).toBe(prelude + length + 16 * (Math.floor(length / 16_384) + 1));
      expect(await through(envelopes.openStream(place), sealed)).toEqual(plain);
      for (const step of [1000, 16_384, 16_400, 40_000]) {
        const cut = (bytes: Buffer) =>
          Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) => bytes.subarray(at * step, (at + 1) * step));
        const pieces = await through(envelopes.openStream(place), ...cut(await seal(...cut(plain))));
        expect(pieces).toEqual(plain);
      }
    },
  );

  it('takes its header and itself byte by byte', async () => {
    const sealed = await seal(...[...Buffer.from('a letter')].map((byte) => Buffer.of(byte)));
    const opened = await through(envelopes.openStream(place), ...[...sealed].map((byte) => Buffer.of(byte)));
    expect(opened.toString()).toBe('a letter');
  });

  it('starts with magic, suite and key id, and never comes out the same twice', async () => {
    const [one, two] = [await seal(Buffer.of(1)), await seal(Buffer.of(1))];
    expect(one.subarray(0, header).toString('hex')).toBe('c121a1b2c3d4');
    expect(one.subarray(header)).not.toEqual(two.subarray(header));
  });

  it('is refused with any single bit flipped, before anything of the chunk comes out', async () => {
    const sealed = await seal(Buffer.from('a letter'));
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const copy = Buffer.from(sealed);
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      const at = bit >> 3;
      const code =
        at === 0
          ? 'ERR_NOT_SEALED'
          : at === 1
            ? 'ERR_SEAL_KEY'
            : at < header
              ? 'ERR_KEY_UNKNOWN'
              : at < prelude
                ? 'ERR_SEAL_KEY'
                : 'ERR_SEAL_BROKEN';
      expect(`${bit} ${await opening(copy)}`).toBe(`${bit} ${code}`);
    }
  });

  it('is refused when it is cut, wherever', async () => {
    const short = await seal(Buffer.from('a letter'));
    for (let length = 0; length < short.length; length += 1)
      expect(await opening(short.subarray(0, length))).toBe(length < prelude ? 'ERR_NOT_SEALED' : 'ERR_SEAL_BROKEN');
    const long = await seal(counted(40_000));
    // At the end of a chunk, where nothing but the missing short chunk tells; and in the middle of one.
    for (const chunks of [1, 2])
      expect(await opening(long.subarray(0, prelude + chunks * 16_400))).toBe(
        `ERR_SEAL_BROKEN after ${chunks * 16_384}`,
      );
    expect(await opening(long.subarray(0, prelude + 20_000))).toBe('ERR_SEAL_BROKEN after 16384');
    expect(await opening(long.subarray(1))).toBe('ERR_NOT_SEALED');
  });

  it('is refused when it is made longer, put in another order, or spliced from two', async () => {
    const sealed = await seal(counted(50_000));
    const other = await seal(counted(50_000));
    const chunk = (of: Buffer, at: number) => of.subarray(prelude + at * 16_400, prelude + (at + 1) * 16_400);
    const head = sealed.subarray(0, prelude);
    const built = (...chunks: Buffer[]) => opening(Buffer.concat([head, ...chunks]));
    const [one, two, three, last] = [0, 1, 2, 3].map((at) => chunk(sealed, at)) as [Buffer, Buffer, Buffer, Buffer];
    expect(await built(one, two, three, last)).toBe('accepted');
    expect(await opening(Buffer.concat([sealed, Buffer.of(0)]))).toMatch(/^ERR_SEAL_BROKEN/);
    expect(await built(one, two, three, last, last)).toMatch(/^ERR_SEAL_BROKEN/);
    expect(await built(two, one, three, last)).toBe('ERR_SEAL_BROKEN');
    expect(await built(one, three, last)).toBe('ERR_SEAL_BROKEN after 16384');
    expect(await built(one, one, two, three, last)).toBe('ERR_SEAL_BROKEN after 16384');
    expect(await built(one, chunk(other, 1), three, last)).toBe('ERR_SEAL_BROKEN after 16384');
    expect(await opening(Buffer.concat([head, other.subarray(prelude)]))).toBe('ERR_SEAL_BROKEN');
  });

  it('does not open in another row, tenant, column or table, or for another application or ring', async () => {
    const sealed = await seal(Buffer.from('a letter'));
    for (const at of [
      { ...place, row: 'd-2' },
      { ...place, row: ['d-1', 1] },
      { ...place, tenant: 't' },
      { ...place, column: 'photo' },
      { ...place, table: 'customers' },
    ])
      expect(await opening(sealed, at)).toBe('ERR_SEAL_KEY');
    expect(await opening(sealed, place, createEnvelopes({ application: 'isp', keys: ring() }))).toBe('ERR_SEAL_KEY');
    const under = (id: number, fill: number, purpose: 'fields' | 'index') =>
      createEnvelopes({ application: 'shop', keys: fixedRing([{ id, key: Buffer.alloc(32, fill), purpose }]) });
    expect(await opening(sealed, place, under(0xa1b2c3d4, 2, 'fields'))).toBe('ERR_SEAL_KEY');
    expect(await opening(sealed, place, under(5, 1, 'fields'))).toBe('ERR_KEY_UNKNOWN');
    expect(await opening(sealed, place, under(0xa1b2c3d4, 1, 'index'))).toBe('ERR_KEY_UNKNOWN');
  });

  it('is no sealed value, and a sealed value is no stream', async () => {
    const value = envelopes.seal({ type: 'bytes', value: Buffer.alloc(200) }, place);
    expect(await opening(Buffer.from(value.slice(4), 'base64url'))).toBe('ERR_SEAL_KEY');
    expect(await opening(Buffer.from(value))).toBe('ERR_NOT_SEALED');
    const text = `sf1.${(await seal(Buffer.alloc(200))).toString('base64url')}`;
    expect(() => envelopes.open(text, place, 'bytes')).toThrow(expect.objectContaining({ code: 'ERR_SEAL_KEY' }));
    expect(() => envelopes.openMap(text, place)).toThrow(expect.objectContaining({ code: 'ERR_SEAL_KEY' }));
  });

  it('refuses a place that is none at once, before anything is written', () => {
    for (const wrong of [null, { ...place, row: '' }, { ...place, column: '' }, { ...place, tenant: '' }]) {
      const at = wrong as Place;
      for (const make of [envelopes.sealStream, envelopes.openStream])
        expect(() => make(at)).toThrow(expect.objectContaining({ code: 'ERR_PLACE_INVALID' }));
    }
    expect(() => envelopes.sealStream({ ...place, row: 'x'.repeat(5000) })).not.toThrow();
  });

  it('ends with the ring: a stream under way fails when it is closed, and none begins', async () => {
    const keys = ring();
    const closing = createEnvelopes({ application: 'shop', keys });
    const code = { code: 'ERR_KEY_RING_CLOSED' };
    for (const make of [closing.sealStream, closing.openStream]) {
      const stream = make(place);
      const failed = new Promise((resolve) => stream.once('error', resolve));
      stream.write(await seal(counted(20_000)));
      keys.close();
      expect(await failed).toMatchObject(code);
    }
    await expect(through(closing.sealStream(place), Buffer.of(1))).rejects.toMatchObject(code);
  });

  it('keeps memory flat: what waits for a slow reader is a few chunks, whatever was written', async () => {
    const piece = Buffer.alloc(1 << 16);
    let made = 0;
    let [ahead, read] = [0, 0];
    const source = Readable.from(
      (function* () {
        for (; made < 400; made += 1) yield piece;
      })(),
      { objectMode: false, highWaterMark: 1 },
    );
    const opened = source.pipe(envelopes.sealStream(place)).pipe(envelopes.openStream(place));
    for await (const part of opened) {
      read += (part as Buffer).length;
      ahead = Math.max(ahead, made * piece.length - read);
    }
    expect(read).toBe(400 * piece.length);
    expect(ahead).toBeLessThan(1 << 20);
  });
});
