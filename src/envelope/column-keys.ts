import { pae, u32, utf8 } from '../base/bytes.js';
import type { RingKey } from '../keys/index.js';
import { assertColumn, type Place, rowParts, writeRow } from './place.js';
import type { SuiteByte } from './suites.js';
import { headerBytes, magicByte } from './text-form.js';

const aadStart = utf8('sf1\0');
/** Far above the columns of any schema; past it the cache starts anew rather than grow. */
const mostKeys = 4096;

/** One column and suite under one key of the ring: its derived key, its header, and the start of its associated data. */
export interface ColumnKey<K> {
  readonly key: K;
  readonly header: Buffer;
  /** The associated data of a place in this column. Valid until the next call. @throws ERR_PLACE_INVALID */
  aad(place: Place): Buffer;
}

export interface ColumnKeys<K> {
  /** @throws SafekeepError ERR_PLACE_INVALID when table or column is empty; ERR_KEY_RING_CLOSED */
  of(ringKey: RingKey, place: Place): ColumnKey<K>;
  /** Frees and forgets every key. */
  drop(): void;
}

/** What a column's keys are derived for: its encryption, and the hedging of its nonces. */
export type ColumnLabel = 'sf1/enc' | 'sf1/hedge';
interface Closing {
  close(): void;
}

/**
 * Column keys, derived once and kept: HKDF-SHA-256 over PAE(label, suite, application, table, column). A column of
 * its own key means that a value moved to another column is refused before anything is decrypted; so is one of another
 * suite.
 */
export function createColumnKeys<K extends Closing>(
  suite: SuiteByte,
  application: string,
  create: (derive: (label: ColumnLabel) => Buffer) => K,
): ColumnKeys<K> {
  const byTable = new Map<string, Map<string, Map<number, ColumnKey<K>>>>();
  let count = 0;

  function drop(): void {
    for (const columns of byTable.values())
      for (const keys of columns.values()) for (const { key } of keys.values()) key.close();
    byTable.clear();
    count = 0;
  }
  function make(ringKey: RingKey, place: Place): ColumnKey<K> {
    assertColumn(place);
    const { table, column } = place;
    if (count >= mostKeys) drop();
    const names = [utf8(application), utf8(table), utf8(column)];
    const key = create((label) => ringKey.derive(pae([utf8(label), Uint8Array.of(suite), ...names])));
    const header = Buffer.concat([Uint8Array.of(magicByte, suite), u32(ringKey.id)]);
    const made = { key, header, aad: aadOf(header, names) };
    const columns = byTable.get(table) ?? new Map<string, Map<number, ColumnKey<K>>>();
    const keys = columns.get(column) ?? new Map<number, ColumnKey<K>>();
    byTable.set(table, columns.set(column, keys.set(ringKey.id, made)));
    count += 1;
    return made;
  }
  return {
    of: (ringKey, place) => byTable.get(place?.table)?.get(place.column)?.get(ringKey.id) ?? make(ringKey, place),
    drop,
  };
}

/**
 * "sf1" 00 || header || PAE(application, table, column, tenant, row key parts). The part before the tenant is written
 * once; a call writes the count and the rest behind it.
 */
function aadOf(header: Buffer, names: readonly Uint8Array[]): (place: Place) => Buffer {
  const fixed = Buffer.concat([aadStart, header, pae(names)]);
  const countAt = aadStart.length + headerBytes;
  let room = Buffer.allocUnsafeSlow(fixed.length + 512);
  fixed.copy(room);
  let view = room.subarray(0, 0);
  return (place) => {
    let end = writeRow(place, room, fixed.length);
    while (end < 0) {
      room = Buffer.allocUnsafeSlow(room.length * 2);
      fixed.copy(room);
      end = writeRow(place, room, fixed.length);
    }
    room.writeUInt32BE(names.length + 1 + rowParts(place), countAt);
    // Row keys of a table mostly have one length, and a view costs more than the comparison.
    if (view.buffer !== room.buffer || view.length !== end) view = room.subarray(0, end);
    return view;
  };
}
