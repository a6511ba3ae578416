import { type FileHandle, open, rm } from 'node:fs/promises';
import { wordsOfKey } from './fuse-shape.js';
import { mostShards } from './list-format.js';

/** Keys on disk, in one part for each first byte of a SHA-1, so that a list of any length is sorted without memory. */
export interface Spill {
  /** Takes a SHA-1; true when there is something to `flush`, which must be done before long. */
  add(hash: Uint8Array): boolean;
  flush(): Promise<void>;
  readonly keys: number;
  /** The different keys of a range of parts, and how many they are. */
  read(fromPart: number, toPart: number): Promise<{ readonly keys: Uint32Array; readonly count: number }>;
  close(): Promise<void>;
}

const keyBytes = 4 * wordsOfKey;
const chunkKeys = 1024;
const chunkBytes = chunkKeys * keyBytes;

interface Part {
  buffer: Buffer;
  held: number;
  keys: number;
  readonly chunks: number[];
}

/**
 * One file, whose name is taken away as soon as it is open: it is gone with the process, however that ends. (Where a
 * system refuses to do so, it goes when the work ends.)
 */
export async function openSpill(path: string): Promise<Spill> {
  const file = await open(path, 'wx+', 0o600);
  const nameless = await rm(path).then(
    () => true,
    () => false,
  );
  const parts = Array.from({ length: mostShards }, (): Part => {
    return { buffer: Buffer.allocUnsafe(chunkBytes), held: 0, keys: 0, chunks: [] };
  });
  const full: { readonly part: Part; readonly buffer: Buffer }[] = [];
  /** Used again: otherwise the garbage of a long list is several times the memory that is needed. */
  const spare: Buffer[] = [];
  let end = 0;
  let keys = 0;

  return {
    add(hash) {
      const part = parts[hash[0]!]!;
      part.buffer.set(hash.subarray(4, 4 + keyBytes), part.held * keyBytes);
      part.held += 1;
      part.keys += 1;
      keys += 1;
      if (part.held === chunkKeys) {
        full.push({ part, buffer: part.buffer });
        part.buffer = spare.pop() ?? Buffer.allocUnsafe(chunkBytes);
        part.held = 0;
      }
      return full.length > 0;
    },
    async flush() {
      for (const { part, buffer } of full.splice(0)) {
        await writeAll(file, buffer, end);
        part.chunks.push(end);
        end += chunkBytes;
        spare.push(buffer);
      }
    },
    get keys() {
      return keys;
    },
    async read(fromPart, toPart) {
      const range = parts.slice(fromPart, toPart);
      const found = createKeySet(range.reduce((sum, part) => sum + part.keys, 0));
      const chunk = Buffer.allocUnsafe(chunkBytes);
      for (const part of range) {
        for (const at of part.chunks) {
          await readAll(file, chunk, at);
          for (let key = 0; key < chunkKeys; key += 1) found.add(chunk, key * keyBytes);
        }
        for (let key = 0; key < part.held; key += 1) found.add(part.buffer, key * keyBytes);
      }
      return { keys: found.keys, count: found.count() };
    },
    async close() {
      await file.close();
      if (!nameless) await rm(path, { force: true });
    },
  };
}

/** Keys without repetitions: a hash table of numbers over one array of words. */
function createKeySet(most: number): { keys: Uint32Array; count(): number; add(bytes: Buffer, at: number): void } {
  const keys = new Uint32Array(most * wordsOfKey);
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * most + 2)));
  const mask = slots.length - 1;
  let count = 0;
  return {
    keys,
    count: () => count,
    add(bytes: Buffer, at: number): void {
      const [a, b, c] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4), bytes.readUInt32BE(at + 8)];
      // Mixed, so that hashes that were chosen to share their first bits do not make one long row.
      let slot = (a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b)) & mask;
      for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
        const other = (slots[slot]! - 1) * wordsOfKey;
        if (keys[other] === a && keys[other + 1] === b && keys[other + 2] === c) return;
      }
      keys[count * wordsOfKey] = a;
      keys[count * wordsOfKey + 1] = b;
      keys[count * wordsOfKey + 2] = c;
      count += 1;
      slots[slot] = count;
    },
  };
}

export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** False where the file ends before the buffer is full. */
export async function readAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<boolean> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}
