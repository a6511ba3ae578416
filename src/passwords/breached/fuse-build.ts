import { SafekeepError } from '../../base/errors.js';
import { cellsOf, type FingerprintBits, type FuseShape, locate, shapeFor, wordsOfKey } from './fuse-shape.js';

export interface Fuse {
  readonly shape: FuseShape;
  /** The fingerprints, big-endian. */
  readonly cells: Buffer;
}

const mostAttempts = 100;

/**
 * The filter of `count` keys of three words each, all different. About 35 bytes a key are in use while it is made.
 * @throws SafekeepError ERR_BREACHED_INPUT when no seed solves it: the hashes were chosen to collide
 */
export function buildFuse(keys: Uint32Array, count: number, bits: FingerprintBits): Fuse {
  for (let seed = 0; seed < mostAttempts; seed += 1) {
    const shape = shapeFor(count, seed);
    const order = peel(keys, count, shape);
    if (order !== undefined) return { shape, cells: fill(keys, shape, order, bits) };
  }
  throw new SafekeepError('ERR_BREACHED_INPUT', { unsolvable: true });
}

/** Keys in the order in which each had a place of its own, and which of its three that was. */
interface Order {
  readonly key: Uint32Array;
  readonly own: Uint8Array;
}

/** Takes away, again and again, a key that is alone in one of its places; undefined where some are left at the end. */
function peel(keys: Uint32Array, count: number, shape: FuseShape): Order | undefined {
  const cells = cellsOf(shape);
  const sharing = new Uint32Array(cells);
  /** The numbers of the keys of a place, XORed: where one is left, it is that one's. */
  const mixed = new Uint32Array(cells);
  const places = new Uint32Array(4);
  for (let index = 0; index < count; index += 1) {
    locate(shape, keys, index * wordsOfKey, places);
    for (let side = 0; side < 3; side += 1) {
      const place = places[side]!;
      sharing[place]! += 1;
      mixed[place]! ^= index;
    }
  }
  const alone = new Uint32Array(cells);
  let waiting = 0;
  for (let place = 0; place < cells; place += 1) {
    if (sharing[place] === 1) alone[waiting++] = place;
  }
  const order: Order = { key: new Uint32Array(count), own: new Uint8Array(count) };
  let done = 0;
  while (waiting > 0) {
    const place = alone[--waiting]!;
    if (sharing[place] !== 1) continue;
    const index = mixed[place]!;
    locate(shape, keys, index * wordsOfKey, places);
    order.key[done] = index;
    for (let side = 0; side < 3; side += 1) {
      const other = places[side]!;
      if (other === place) order.own[done] = side;
      else if (sharing[other] === 2) alone[waiting++] = other;
      sharing[other]! -= 1;
      mixed[other]! ^= index;
    }
    done += 1;
  }
  return done === count ? order : undefined;
}

/** From the last to the first: each key's own place is made such that its three give its fingerprint. */
function fill(keys: Uint32Array, shape: FuseShape, { key, own }: Order, bits: FingerprintBits): Buffer {
  const cells = new Uint16Array(cellsOf(shape));
  const places = new Uint32Array(4);
  for (let at = key.length - 1; at >= 0; at -= 1) {
    locate(shape, keys, key[at]! * wordsOfKey, places);
    const mine = places[own[at]!]!;
    cells[mine] = 0;
    cells[mine] = places[3]! ^ cells[places[0]!]! ^ cells[places[1]!]! ^ cells[places[2]!]!;
  }
  if (bits === 8) return Buffer.from(cells);
  const bytes = Buffer.allocUnsafe(2 * cells.length);
  for (let at = 0; at < cells.length; at += 1) bytes.writeUInt16BE(cells[at]!, 2 * at);
  return bytes;
}
