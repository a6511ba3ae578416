import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { breachedFile, buildBreachedList } from '../../src/passwords/index.js';
import { read } from '../house/tree.js';

interface Vectors {
  readonly passwords: readonly string[];
  readonly lists: readonly {
    readonly bits: 8 | 16;
    readonly shards: number;
    readonly minCount: number;
    readonly hashes?: readonly string[];
    readonly file: string;
  }[];
}
const { passwords, lists } = JSON.parse(read('test/vectors/breached.json')) as Vectors;
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-vectors-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const sha1 = (text: string) => createHash('sha1').update(text).digest();

/** A reader from the words of docs/formats.md alone, in whole numbers of any size and without a line of ours. */
function isListed(file: Buffer, digest: Buffer): boolean {
  const body = file.subarray(0, -32);
  expect(createHash('sha256').update(body).digest().equals(file.subarray(-32))).toBe(true);
  expect(file.subarray(0, 4).toString()).toBe('SKB1');
  const [bits, power] = [file[4]!, file[5]!];
  const shards = 2 ** power;
  const own = Math.floor((digest[0]! * shards) / 256);
  let at = 16;
  for (let shard = 0; shard < shards; shard += 1) {
    const row = body.length - 16 * shards + 16 * shard;
    const [entries, seed, length, segments] = [0, 4, 8, 12].map((part) => BigInt(body.readUInt32BE(row + part)));
    if (entries === undefined || seed === undefined || length === undefined || segments === undefined) return false;
    if (shard < own) {
      at += entries === 0n ? 0 : (Number((segments + 2n) * length) * bits) / 8;
      continue;
    }
    if (entries === 0n) return false;
    const u32 = (value: bigint) => value & 0xffffffffn;
    const stir = (word: bigint) => {
      let h = word;
      h = u32((h ^ (h >> 16n)) * 0x85ebca6bn);
      h = u32((h ^ (h >> 13n)) * 0xc2b2ae35n);
      return h ^ (h >> 16n);
    };
    let [a, b, c] = [4, 8, 12].map((from) => BigInt(digest.readUInt32BE(from))) as [bigint, bigint, bigint];
    if (seed !== 0n) {
      a = stir(a ^ stir(c ^ seed));
      b = stir(b ^ a);
      c = stir(c ^ b);
    }
    const first = (a * segments * length) >> 32n;
    const places = [first, (first + length) ^ (b % length), (first + 2n * length) ^ ((b >> 16n) % length)];
    const cell = (place: bigint) => body.readUIntBE(at + (Number(place) * bits) / 8, bits / 8);
    return places.reduce((sum, place) => sum ^ cell(place), 0) === Number(c & ((1n << BigInt(bits)) - 1n));
  }
  return false;
}

const ofPasswords = lists.filter(({ hashes }) => hashes === undefined);
const ofOneShard = lists.filter(({ shards }) => shards === 1);
const digestsOf = (hashes: readonly string[] | undefined) =>
  hashes?.map((hex) => Buffer.from(hex, 'hex')) ?? passwords.map(sha1);

describe('the frozen lists', () => {
  it.each(lists)(
    'of $bits bits in $shards shards is read as it is described',
    ({ bits, shards, minCount, hashes, file }) => {
      const bytes = Buffer.from(file, 'hex');
      expect([bytes[4], bytes[5], bytes.readUInt32BE(8)]).toEqual([bits, Math.log2(shards), minCount]);
      expect(digestsOf(hashes).filter((digest) => !isListed(bytes, digest))).toEqual([]);
      const others = Array.from({ length: 400 }, (_, index) => sha1(`other ${index}`));
      expect(others.filter((digest) => isListed(bytes, digest)).length).toBeLessThan(bits === 8 ? 12 : 2);
    },
  );

  it.each(ofPasswords)('of $bits bits in $shards shards is read by us', async ({ bits, shards, minCount, file }) => {
    const path = join(scratch, `${bits}.${shards}`);
    writeFileSync(path, Buffer.from(file, 'hex'));
    for (const keep of ['memory', 'disk'] as const) {
      const list = breachedFile({ path, keep });
      expect(await list.open()).toMatchObject({ entries: passwords.length, minCount });
      for (const password of passwords) expect(await list.look(password)).toBe('listed');
      expect(await list.look('salt marsh at low tide')).toBe('unlisted');
      await list.close();
    }
  });

  it.each(ofOneShard)('of $bits bits is what is built today: %#', async ({ bits, minCount, hashes, file }) => {
    const output = join(scratch, 'built');
    async function* input(): AsyncIterable<Uint8Array> {
      for (const digest of digestsOf(hashes)) yield Buffer.from(`${digest.toString('hex')}:12\n`);
    }
    await buildBreachedList({ input: input(), output, bits, minCount });
    expect(readFileSync(output).toString('hex')).toBe(file);
  });
});
