import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { SafekeepError } from '../../base/errors.js';
import { type Name, nameOf, pathName } from '../../base/names.js';
import { locate, wordsOfKey } from './fuse-shape.js';
import { digestBytes, headBytes, type ListTable, readHead, readTable, tableBytes } from './list-format.js';
import { readAll } from './spill.js';

/** An opened list: asked with the SHA-1 of a password, one character a byte (five times as fast as a Buffer). */
export interface OpenList extends ListTable {
  has(sha1: string): boolean | Promise<boolean>;
  close(): Promise<void>;
}

const chunkBytes = 2 ** 20;

/**
 * Opens a list when every byte of it is as it was written, in memory or to be read by position: then three pairs of
 * bytes of the file are read for each look-up, and it is held open, so that one that replaces it harms nothing.
 *
 * The check is against damage, not against people: who can write the file can write a list of their own.
 * @throws SafekeepError ERR_BREACHED_FILE when it is missing, no list, cut or damaged
 */
export async function openList(path: string, keep: 'memory' | 'disk'): Promise<OpenList> {
  const refuse = (because: Name): never => {
    throw new SafekeepError('ERR_BREACHED_FILE', { path: pathName(path), because });
  };
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { table, bytes } = await readWhole(file, keep === 'memory', refuse);
    const opened = file;
    if (bytes !== undefined) {
      await opened.close();
      return { ...table, has: inMemory(table, bytes), close: async () => undefined };
    }
    return { ...table, has: (sha1) => onDisk(table, opened, sha1), close: () => opened.close() };
  } catch (error) {
    await file?.close().catch(() => undefined);
    if (error instanceof SafekeepError) throw error;
    const { code } = error as { readonly code?: unknown };
    return refuse(nameOf(typeof code === 'string' ? code : 'unreadable'));
  }
}

/** Reads the whole file once, because its digest is over all of it; keeps it only for the memory. */
async function readWhole(
  file: FileHandle,
  keeps: boolean,
  refuse: (because: Name) => never,
): Promise<{ readonly table: ListTable; readonly bytes: Buffer | undefined }> {
  const status = await file.stat();
  const fileBytes = status.size;
  if (!status.isFile() || fileBytes < headBytes + digestBytes) return refuse(nameOf('length'));
  const start = Buffer.alloc(headBytes);
  await readAll(file, start, 0);
  const head = readHead(start) ?? refuse(nameOf('format'));
  const rows = Buffer.alloc(tableBytes(head.shards));
  const at = fileBytes - digestBytes - rows.length;
  if (at < headBytes || !(await readAll(file, rows, at))) return refuse(nameOf('length'));
  const table = readTable(head, rows, fileBytes);
  if (typeof table === 'string') return refuse(table);
  const bytes = keeps ? Buffer.allocUnsafe(fileBytes) : undefined;
  const scratch = bytes === undefined ? Buffer.allocUnsafe(Math.min(chunkBytes, fileBytes)) : undefined;
  const digest = createHash('sha256');
  for (let done = 0; done < fileBytes - digestBytes; ) {
    const count = Math.min(chunkBytes, fileBytes - digestBytes - done);
    const chunk = scratch?.subarray(0, count) ?? bytes!.subarray(done, done + count);
    if (!(await readAll(file, chunk, done))) return refuse(nameOf('length'));
    digest.update(chunk);
    done += count;
  }
  const written = Buffer.alloc(digestBytes);
  if (!(await readAll(file, written, fileBytes - digestBytes))) return refuse(nameOf('length'));
  return digest.digest().equals(written) ? { table, bytes } : refuse(nameOf('damaged'));
}

/** Shard and places of a SHA-1; undefined where its shard is empty. */
function find(table: ListTable, sha1: string, places: Uint32Array): number | undefined {
  const shard = table.shard[(sha1.charCodeAt(0) * table.shards) >>> 8]!;
  if (shard.entries === 0) return undefined;
  locate(shard, [wordAt(sha1, 4), wordAt(sha1, 8), wordAt(sha1, 12)], 0, places);
  return shard.at;
}

function wordAt(sha1: string, at: number): number {
  const [a, b, c, d] = [sha1.charCodeAt(at), sha1.charCodeAt(at + 1), sha1.charCodeAt(at + 2), sha1.charCodeAt(at + 3)];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

function inMemory(table: ListTable, bytes: Buffer): (sha1: string) => boolean {
  const places = new Uint32Array(wordsOfKey + 1);
  const own = 2 ** table.bits - 1;
  return (sha1) => {
    const at = find(table, sha1, places);
    if (at === undefined) return false;
    const [a, b, c] = [places[0]!, places[1]!, places[2]!];
    const mixed =
      table.bits === 8
        ? bytes[at + a]! ^ bytes[at + b]! ^ bytes[at + c]!
        : pairAt(bytes, at + 2 * a) ^ pairAt(bytes, at + 2 * b) ^ pairAt(bytes, at + 2 * c);
    return mixed === (places[wordsOfKey]! & own);
  };
}

function pairAt(bytes: Buffer, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

async function onDisk(table: ListTable, file: FileHandle, sha1: string): Promise<boolean> {
  const places = new Uint32Array(wordsOfKey + 1);
  const at = find(table, sha1, places);
  if (at === undefined) return false;
  const cellBytes = table.bits / 8;
  const cells = await Promise.all(
    Array.from(places.subarray(0, wordsOfKey), async (place) => {
      const cell = Buffer.alloc(cellBytes);
      // Its length was checked when it was opened: one that was cut since cannot answer.
      if (!(await readAll(file, cell, at + place * cellBytes))) throw new Error('the list was cut');
      return cell.readUIntBE(0, cellBytes);
    }),
  );
  const mixed = cells.reduce((sum, cell) => sum ^ cell, 0);
  return mixed === (places[wordsOfKey]! & (2 ** table.bits - 1));
}
