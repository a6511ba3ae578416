import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, pathName, say } from '../../base/names.js';
import {
  type Check,
  functionRule,
  integerRule,
  objectRule,
  optional,
  readOptions,
  required,
  textRule,
  withDefault,
} from '../../base/options.js';
import { buildFuse } from './fuse-build.js';
import type { FingerprintBits, FuseShape } from './fuse-shape.js';
import { createHashLines } from './hash-lines.js';
import { digestBytes, mostShards, writeHead, writeTable } from './list-format.js';
import { openSpill, writeAll } from './spill.js';

export interface BreachedBuildProgress {
  readonly step: 'read' | 'build';
  /** Bytes of the input that were read, or keys that are in their shard. */
  readonly done: number;
  /** How many keys there are; of an input nobody knows the length. */
  readonly of?: number | undefined;
}

export interface BreachedBuildOptions {
  /** Lines `SHA1:count` (the download of Have I Been Pwned) or `SHA1`, in any order, as they come from a file or stream. */
  readonly input: AsyncIterable<Uint8Array>;
  /** The file that is made; what was there is replaced when the new one is whole. */
  readonly output: string;
  /** What was seen less often is left out. 0 to 1,000,000,000; default 0, everything. */
  readonly minCount?: number | undefined;
  /** Bits of a fingerprint: 16 say "listed" wrongly once in 65,536, 8 once in 256 in half the space. Default 16. */
  readonly bits?: FingerprintBits | undefined;
  readonly onProgress?: ((progress: BreachedBuildProgress) => void) | undefined;
  /** Stops the work; nothing is left behind. */
  readonly signal?: AbortSignal | undefined;
}

export interface BreachedBuildReport {
  /** Lines with a hash that was taken. */
  readonly hashes: number;
  /** Different ones. */
  readonly entries: number;
  readonly shards: number;
  readonly bits: FingerprintBits;
  readonly minCount: number;
  readonly fileBytes: number;
  /** How often a password that is in no list is called listed: 2^-bits for each look-up. */
  readonly falsePositiveRate: number;
}

/** Up to this many keys a shard, so that one takes about 50 MiB to make; there are never more than 256. */
const keysOfShard = 2 ** 20;

const bitsRule: Check<FingerprintBits> = { check: (value) => (value === 8 || value === 16 ? undefined : say`8 or 16`) };
const shape = {
  input: required(objectRule<AsyncIterable<Uint8Array>>()),
  output: required(textRule()),
  minCount: withDefault(integerRule({ min: 0, max: 1_000_000_000 }), 0),
  bits: withDefault(bitsRule, 16),
  onProgress: optional(functionRule<(progress: BreachedBuildProgress) => void>()),
  signal: optional(objectRule<AbortSignal>('addEventListener')),
};

/**
 * Makes a breached list out of hashes: a binary fuse filter that says of a password whether it is among them, wrongly
 * yes at the printed rate, wrongly no never. Keys wait on disk beside the output (12 bytes each), so the
 * process stays within 256 MiB up to 250 million entries; beyond, add 100 bytes for each entry of a 256th of them.
 *
 * The output is there whole or not at all, also when the work is stopped or killed.
 * @throws SafekeepError ERR_BREACHED_INPUT for a line that is no hash (with its number), a count that is missing under
 *   `minCount`, or a list without any entry; ERR_BREACHED_FILE when the output cannot be written or the work is stopped
 */
export function buildBreachedList(options: BreachedBuildOptions): Promise<BreachedBuildReport> {
  return buildInShards(options, keysOfShard);
}

/** With shards of any size: nobody wants to wait for a million keys to see two of them. */
export async function buildInShards(options: BreachedBuildOptions, mostKeys: number): Promise<BreachedBuildReport> {
  const { input, output, minCount, bits, onProgress, signal } = readOptions('buildBreachedList', shape, options);
  const draft = `${output}.${randomBytes(6).toString('hex')}`;
  const spill = await orFileError(output, openSpill(`${draft}.keys`));
  try {
    const lines = createHashLines(minCount, (hash) => void spill.add(hash));
    let read = 0;
    for await (const chunk of input) {
      assertGoingOn(output, signal);
      lines.write(chunk);
      await orFileError(output, spill.flush());
      read += chunk.length;
      onProgress?.({ step: 'read', done: read });
    }
    lines.end();
    await orFileError(output, spill.flush());
    if (spill.keys === 0) throw new SafekeepError('ERR_BREACHED_INPUT', { because: nameOf('empty') });
    const shards = Math.min(mostShards, 2 ** Math.max(0, Math.ceil(Math.log2(spill.keys / mostKeys))));
    const file = await orFileError(output, open(draft, 'wx', 0o644));
    try {
      const digest = createHash('sha256');
      let at = 0;
      const write = async (bytes: Buffer): Promise<void> => {
        await orFileError(output, writeAll(file, bytes, at));
        digest.update(bytes);
        at += bytes.length;
      };
      await write(writeHead({ bits, shards, minCount }));
      const table: (FuseShape & { readonly entries: number })[] = [];
      const partsOfShard = mostShards / shards;
      let entries = 0;
      for (let shard = 0; shard < shards; shard += 1) {
        assertGoingOn(output, signal);
        const { keys, count } = await orFileError(output, spill.read(shard * partsOfShard, (shard + 1) * partsOfShard));
        const fuse = buildFuse(keys, count, bits);
        await write(fuse.cells);
        table.push({ ...fuse.shape, entries: count });
        entries += count;
        onProgress?.({ step: 'build', done: Math.round((spill.keys * (shard + 1)) / shards), of: spill.keys });
      }
      await write(writeTable(table));
      await orFileError(output, writeAll(file, digest.digest(), at));
      assertGoingOn(output, signal);
      await orFileError(output, file.sync());
      await orFileError(output, rename(draft, output));
      const fileBytes = at + digestBytes;
      return { hashes: lines.hashes, entries, shards, bits, minCount, fileBytes, falsePositiveRate: 2 ** -bits };
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await spill.close();
  }
}

function assertGoingOn(output: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new SafekeepError('ERR_BREACHED_FILE', { path: pathName(output), because: nameOf('stopped') });
  }
}

async function orFileError<T>(output: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    throw new SafekeepError('ERR_BREACHED_FILE', {
      path: pathName(output),
      because: nameOf(typeof code === 'string' ? code : 'unwritable'),
    });
  }
}
