import { createHmac } from 'node:crypto';
import type { BlindIndex } from '../base/brands.js';
import { pae, u32, utf8, writeText } from '../base/bytes.js';
import type { RowKeyPart } from '../envelope/index.js';
import type { KeyRing } from '../keys/index.js';
import type { IndexRule, IndexVersion } from '../policy/rules.js';
import { normalisers } from './normalise.js';

const label = 'blind-index';
/** For the input of nearly every value; apart from the platform's shared pool, so that it can be wiped. */
const roomBytes = 4096;
/** Views of the room up to this length are kept: making one costs more than looking it up. */
const mostKept = 512;

/** Of a key ring, what indexes need. */
export type IndexKeys = Pick<KeyRing, 'active' | 'derive' | 'find' | 'list' | 'onClose'>;

/** Computes blind indexes: what is stored beside a sealed value, and what it is looked up by. */
export interface BlindIndexer {
  /** What a row stores: the current version under the active key, in the partition of its row key. */
  store(table: string, index: IndexRule, values: readonly string[], row: readonly RowKeyPart[]): BlindIndex;
  /** What rows may store for these values: every version, partition and key in use. What is written now comes first. */
  lookUp(table: string, index: IndexRule, values: readonly string[]): readonly BlindIndex[];
  /** The key under which these values were indexed as `stored`, in any version and partition; null when none of the ring's did. */
  keyOf(table: string, index: IndexRule, values: readonly string[], stored: string): number | null;
}

/**
 * HMAC-SHA-256 under a key of the purpose `index`, over PAE(application, table, index, normalisers with version,
 * partition, normalised values …), its first bits in base64url. The partition is empty where there is one only.
 */
export function createBlindIndexer(application: string, keys: IndexKeys): BlindIndexer {
  const derived = new Map<number, Buffer>();
  const starts = new WeakMap<IndexVersion, Buffer[]>();
  const room = Buffer.allocUnsafeSlow(roomBytes).fill(0);
  const views: (Buffer | undefined)[] = [];
  keys.onClose(() => {
    for (const key of derived.values()) key.fill(0);
    derived.clear();
  });

  function activeKey(): Buffer {
    const { id } = keys.active('index');
    const known = derived.get(id);
    if (known !== undefined) return known;
    const { key, keyId } = keys.derive('index', label);
    derived.set(keyId, key);
    return key;
  }
  /** The active key first; then those that another server may write under already, or wrote under before. */
  function everyKey(): readonly IndexKey[] {
    const active = keys.active('index').id;
    const others = keys.list().flatMap(({ id, purpose }) => {
      const ringKey = purpose === 'index' && id !== active ? keys.find(id) : undefined;
      if (ringKey === undefined) return [];
      const key = derived.get(id) ?? ringKey.derive(pae([utf8('sf1/derive'), utf8('index'), utf8(label)]));
      derived.set(id, key);
      return [{ id, key }];
    });
    return [{ id: active, key: activeKey() }, ...others];
  }
  /** PAE(application, table, index, normalisers, partition, …) up to where the values begin. */
  function start(table: string, index: IndexRule, version: IndexVersion, partition: number): Buffer {
    const known = starts.get(version) ?? [];
    const found = known[partition];
    if (found !== undefined) return found;
    const part = version.partitions === 1 ? '' : String(partition);
    const made = pae([application, table, index.name, version.normalisers.join(','), part].map(utf8));
    made.writeUInt32BE(5 + index.of.length, 0);
    known[partition] = made;
    starts.set(version, known);
    return made;
  }
  function viewOf(end: number): Buffer {
    if (end > mostKept) return room.subarray(0, end);
    const known = views[end] ?? room.subarray(0, end);
    views[end] = known;
    return known;
  }
  function value(key: Buffer, begun: Buffer, bits: number, folded: readonly string[]): BlindIndex {
    const mac = createHmac('sha256', key);
    let end = begun.copy(room);
    for (const text of folded) {
      // Three bytes hold any UTF-16 unit. What does not fit goes another way, in bytes that nobody else keeps.
      if (end + 4 + 3 * text.length > room.length) {
        mac.update(room.subarray(0, end)).update(u32(Buffer.byteLength(text)));
        mac.update(text);
        room.fill(0, 0, end);
        end = 0;
        continue;
      }
      const written = writeText(text, room, end + 4);
      room.writeUInt32BE(written, end);
      end += 4 + written;
    }
    mac.update(viewOf(end));
    room.fill(0, 0, end);
    return truncated(mac.digest('base64url'), bits);
  }

  return {
    store(table, index, values, row) {
      const { current } = index;
      const key = activeKey();
      const partition = current.partitions === 1 ? 0 : partitionOf(key, table, index, row);
      return value(key, start(table, index, current, partition), current.bits, fold(current, values));
    },
    lookUp: (table, index, values) => [...new Set([...everyValue(table, index, values)].map(([found]) => found))],
    keyOf(table, index, values, stored) {
      for (const [found, keyId] of everyValue(table, index, values)) if (found === stored) return keyId;
      return null;
    },
  };

  function* everyValue(table: string, index: IndexRule, values: readonly string[]): Generator<[BlindIndex, number]> {
    for (const version of [index.current, ...index.previous]) {
      const folded = fold(version, values);
      for (const { id, key } of everyKey()) {
        for (let partition = 0; partition < version.partitions; partition += 1)
          yield [value(key, start(table, index, version, partition), version.bits, folded), id];
      }
    }
  }
}

interface IndexKey {
  readonly id: number;
  readonly key: Buffer;
}

/** The values of an index as its version folds them; two inputs that fold alike are one to the index. */
export function fold({ normalisers: names }: IndexVersion, values: readonly string[]): readonly string[] {
  return values.map((value, at) => normalisers[names[at] ?? 'exact/1'](value));
}

/**
 * By the row key, so that a row keeps its partition when it is written again; under the key, so that nobody else can
 * tell which rows of one value belong together.
 */
function partitionOf(key: Buffer, table: string, index: IndexRule, row: readonly RowKeyPart[]): number {
  const mac = createHmac('sha256', key)
    .update(pae([utf8('sf1/partition'), utf8(table), utf8(index.name), ...row.map(partBytes)]))
    .digest();
  // 48 bits over at most 255: the first partitions are more likely by less than one in 2^40.
  return mac.readUIntBE(0, 6) % index.current.partitions;
}

/** As in the associated data of a seal: 7, 7n and the text of a driver's bigint are one row. */
function partBytes(part: RowKeyPart): Uint8Array {
  if (part instanceof Uint8Array) return Buffer.concat([Uint8Array.of(3), part]);
  return Buffer.concat([Uint8Array.of(typeof part === 'string' ? 1 : 2), utf8(String(part))]);
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The first bits in whole bytes, what is over set to zero. Six bits a character, so that nothing is decoded for it. */
function truncated(mac: string, bits: number): BlindIndex {
  const characters = Math.ceil((Math.ceil(bits / 8) * 4) / 3);
  const whole = Math.floor(bits / 6);
  const over = bits - whole * 6;
  const last = over === 0 ? '' : alphabet.charAt((alphabet.indexOf(mac.charAt(whole)) >> (6 - over)) << (6 - over));
  return `${mac.slice(0, whole)}${last}`.padEnd(characters, 'A') as BlindIndex;
}
