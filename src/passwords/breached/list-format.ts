import { type Name, nameOf } from '../../base/names.js';
import { cellsOf, type FingerprintBits, type FuseShape } from './fuse-shape.js';

/** SKB1: head, cells of every shard, table of the shards, SHA-256 of all of it. docs/formats.md. */
export interface ListHead {
  readonly bits: FingerprintBits;
  /** A power of two up to 256: the first bits of a SHA-1 choose the shard. */
  readonly shards: number;
  /** What had been seen less often was left out; 0 where nothing was. */
  readonly minCount: number;
}

export interface Shard extends FuseShape {
  readonly entries: number;
  /** Where its cells begin in the file. */
  readonly at: number;
}

export interface ListTable extends ListHead {
  readonly entries: number;
  readonly shard: readonly Shard[];
  readonly fileBytes: number;
}

export const headBytes = 16;
export const digestBytes = 32;
export const mostShards = 256;
const rowBytes = 16;
const magic = Buffer.from('SKB1', 'latin1');
/** No file of ours comes near, and every sum of a table that was edited stays a number. */
const mostCells = 2 ** 26;

export function writeHead({ bits, shards, minCount }: ListHead): Buffer {
  const head = Buffer.alloc(headBytes);
  magic.copy(head);
  head[4] = bits;
  head[5] = Math.log2(shards);
  head.writeUInt32BE(minCount, 8);
  return head;
}

export function writeTable(shards: readonly (FuseShape & { readonly entries: number })[]): Buffer {
  const table = Buffer.alloc(rowBytes * shards.length);
  for (const [index, { entries, seed, segmentLength, segments }] of shards.entries()) {
    let at = table.writeUInt32BE(entries, index * rowBytes);
    for (const word of [seed, segmentLength, segments]) at = table.writeUInt32BE(word, at);
  }
  return table;
}

export function tableBytes(shards: number): number {
  return rowBytes * shards;
}

/** Null for what is no head. */
export function readHead(head: Buffer): ListHead | null {
  if (head.length !== headBytes || !head.subarray(0, 4).equals(magic)) return null;
  const bits = head[4];
  const power = head[5]!;
  if ((bits !== 8 && bits !== 16) || power > 8) return null;
  if (head.readUInt16BE(6) !== 0 || head.readUInt32BE(12) !== 0) return null;
  return { bits, shards: 2 ** power, minCount: head.readUInt32BE(8) };
}

/** The table, when it describes exactly this file; otherwise what is wrong with it. Nothing is read outside of it. */
export function readTable(head: ListHead, table: Buffer, fileBytes: number): ListTable | Name {
  const shard: Shard[] = [];
  let at = headBytes;
  let entries = 0;
  for (let row = 0; row < head.shards; row += 1) {
    const [own = 0, seed = 0, segmentLength = 0, segments = 0] = [0, 4, 8, 12].map((part) =>
      table.readUInt32BE(row * rowBytes + part),
    );
    const isEmpty = own === 0 && segmentLength === 0 && segments === 0;
    const isFuse = own > 0 && segments > 0 && segmentLength > 0 && Number.isInteger(Math.log2(segmentLength));
    if (!isEmpty && !isFuse) return nameOf('shape');
    const cells = cellsOf({ seed, segmentLength, segments });
    if (cells > mostCells || segmentLength > 65_536) return nameOf('shape');
    shard.push({ entries: own, seed, segmentLength, segments, at });
    at += (cells * head.bits) / 8;
    entries += own;
  }
  if (at + table.length + digestBytes !== fileBytes) return nameOf('length');
  return { ...head, entries, shard, fileBytes };
}
