import { entryBytes, type FieldMap, nullTag, orderedFields, schemaBytes } from './field-map.js';
import { type Padding, paddedSize, padStart } from './padding.js';
import { isWellFormed } from './place.js';
import { encode, type Typed, textTag } from './values.js';

const roomBytes = 4096;

/** What is written stays valid until the next call; the caller wipes it. */
export interface Plaintexts {
  /** Type tag || value || 80 00*. null when the value is not of its type. */
  write(value: Typed, pad: Padding): Buffer | null;
  /**
   * u32 schema || (u16 field || u32 length || type tag || value)* || 80 00*, fields ascending. The number of a field
   * whose value is not of its type, when there is one. @throws SafekeepError ERR_OPTION_INVALID
   */
  writeMap(map: FieldMap, pad: Padding): Buffer | number;
}

/** One buffer serves every small plaintext, apart from the platform's shared pool, so that it can be wiped. */
export function createPlaintexts(): Plaintexts {
  const shared = Buffer.allocUnsafeSlow(roomBytes).fill(0);
  let view = shared.subarray(0, 0);

  function padded(room: Buffer, length: number, pad: Padding): Buffer {
    const size = paddedSize(length + 1, pad);
    let out: Buffer;
    if (room === shared && size <= roomBytes) {
      // Values of a column mostly have one size, and a view costs more than the comparison.
      if (view.length !== size) view = shared.subarray(0, size);
      out = view;
    } else if (size <= room.length) {
      out = room.subarray(0, size);
    } else {
      out = Buffer.allocUnsafeSlow(size);
      room.copy(out, 0, 0, length);
      room.fill(0, 0, length);
    }
    out[length] = padStart;
    out.fill(0, length + 1);
    return out;
  }
  /** At least `size` bytes, with the first `used` of `room` moved over. */
  function grown(room: Buffer, used: number, size: number): Buffer {
    if (size <= room.length) return room;
    const more = Buffer.allocUnsafeSlow(Math.max(size, room.length * 2));
    room.copy(more, 0, 0, used);
    room.fill(0, 0, used);
    return more;
  }
  return {
    write(value, pad) {
      // Text without a detour: it is what nearly every column holds.
      if (value.type === 'text') {
        if (typeof value.value !== 'string' || !isWellFormed(value.value)) return null;
        const length = 1 + Buffer.byteLength(value.value, 'utf8');
        const room = grown(shared, 0, paddedSize(length + 1, pad));
        room[0] = textTag;
        room.write(value.value, 1, 'utf8');
        return padded(room, length, pad);
      }
      const encoded = encode(value);
      if (encoded === null) return null;
      const length = 1 + encoded.bytes.length;
      const room = grown(shared, 0, paddedSize(length + 1, pad));
      room[0] = encoded.tag;
      room.set(encoded.bytes, 1);
      return padded(room, length, pad);
    },
    writeMap(map, pad) {
      const ordered = orderedFields(map);
      let room: Buffer = shared;
      room.writeUInt32BE(map.schema);
      let at = schemaBytes;
      for (const field of ordered) {
        const value = map.fields.get(field) as Typed | null;
        const from = at + entryBytes;
        let written: number;
        if (value?.type === 'text' && typeof value.value === 'string' && isWellFormed(value.value)) {
          // Three bytes hold any UTF-16 unit, so nothing is cut.
          room = grown(room, at, from + 1 + 3 * value.value.length);
          room[from] = textTag;
          written = room.write(value.value, from + 1, 'utf8');
        } else {
          const encoded = value === null ? { tag: nullTag, bytes: none } : encode(value);
          if (encoded === null) {
            room.fill(0, 0, at);
            return field;
          }
          room = grown(room, at, from + 1 + encoded.bytes.length);
          room[from] = encoded.tag;
          room.set(encoded.bytes, from + 1);
          written = encoded.bytes.length;
        }
        room.writeUInt16BE(field, at);
        room.writeUInt32BE(1 + written, at + 2);
        at = from + 1 + written;
      }
      return padded(room, at, pad);
    },
  };
}

const none = new Uint8Array(0);
