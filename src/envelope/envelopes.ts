import { committedOverheadBytes, createNonces } from '../aead/index.js';
import type { Ciphertext } from '../base/brands.js';
import { type Random, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import { integerRule, objectRule, readOptions, required, textRule, withDefault } from '../base/options.js';
import type { KeyRing } from '../keys/index.js';
import { createColumnKeys, suite } from './column-keys.js';
import { type Place, placeNames } from './place.js';
import { createPlaintexts, valueLength } from './plaintexts.js';
import { decodeText, headerBytes, magicByte, textPrefix } from './text-form.js';
import { decode, encode, type Typed, type ValueType, type ValueTypes } from './values.js';

export interface EnvelopesOptions {
  /** Bound into every sealed value and every column key; changing it makes them unreadable. */
  readonly application: string;
  readonly keys: KeyRing;
  readonly random?: Random | undefined;
}

export interface SealOptions {
  /** Bytes of the steps that a plaintext is padded to, 1 to 65536, so that lengths say less. Default 32. */
  readonly bucketBytes?: number | undefined;
}

export interface Envelopes {
  /**
   * Seals a value for its place, under the active key.
   * @throws SafekeepError ERR_VALUE_TYPE, ERR_PLACE_INVALID, ERR_ALREADY_SEALED, ERR_KEY_RING_CLOSED
   */
  seal(value: Typed, place: Place, options?: SealOptions): Ciphertext;
  /**
   * The value, when everything about it is right; nothing else, ever.
   * @throws SafekeepError ERR_NOT_SEALED, ERR_KEY_UNKNOWN, ERR_SEAL_KEY, ERR_SEAL_BROKEN; ERR_PLACE_INVALID,
   * ERR_KEY_RING_CLOSED
   */
  open<T extends ValueType>(sealed: unknown, place: Place, expected: T): ValueTypes[T];
  /** As `open`, for a value whose type only the seal itself says. */
  openAny(sealed: unknown, place: Place): Typed;
  /** The ring key a sealed value names, unauthenticated; null for what is not sealed. */
  keyIdOf(sealed: unknown): number | null;
}

const shape = {
  application: required(textRule({ maxLength: 64 })),
  keys: required(objectRule<KeyRing>('active', 'find', 'onClose')),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};
const bucketRule = integerRule({ min: 1, max: 65_536 });
const leastBytes = headerBytes + committedOverheadBytes + 2;

/**
 * SF1 envelopes over a key ring (docs/formats.md), for modules that store values: fields and passwords. Synchronous;
 * nothing here calls out. A value is bound to application, table, column, row, tenant and type.
 * It does NOT detect an older value of the same place that was put back, and it shows the length of a value up to its
 * bucket. ASVS 5.0 11.3.3, 11.3.4.
 * @example
 * const envelopes = createEnvelopes({ application: 'shop', keys });
 * const place = { table: 'customers', column: 'phone', row: 'c-1' };
 * const sealed = envelopes.seal({ type: 'text', value: '555-0100' }, place);
 * envelopes.open(sealed, place, 'text');
 */
export function createEnvelopes(options: EnvelopesOptions): Envelopes {
  const { application, keys, random } = readOptions('createEnvelopes', shape, options);
  const columnKeys = createColumnKeys(application, createNonces(random));
  const plaintexts = createPlaintexts();
  // Sealed bytes only: never a plaintext, so it is not wiped.
  const room = Buffer.alloc(8192);
  keys.onClose(columnKeys.drop);

  function parse(sealed: unknown): Buffer | null {
    const bytes = decodeText(sealed, room);
    return bytes !== null && bytes.length >= leastBytes && bytes[0] === magicByte ? bytes : null;
  }
  /** True when this ring sealed the text for this column: text that merely looks sealed is a customer's text. */
  function isSealedHere(text: string, place: Place): boolean {
    const bytes = parse(text);
    if (bytes === null || bytes[1] !== suite) return false;
    const ringKey = keys.find(bytes.readUInt32BE(2));
    if (ringKey === undefined || ringKey.purpose !== 'fields') return false;
    return columnKeys.of(ringKey, place).key.sealedThis(bytes, headerBytes);
  }
  function seal(value: Typed, place: Place, { bucketBytes = 32 }: SealOptions = {}): Ciphertext {
    const expected = bucketRule.check(bucketBytes);
    if (expected !== undefined) {
      throw new SafekeepError('ERR_OPTION_INVALID', { of: nameOf('seal'), option: nameOf('bucketBytes'), expected });
    }
    if (value.type === 'text' && isMarked(value.value) && isSealedHere(value.value, place)) {
      throw new SafekeepError('ERR_ALREADY_SEALED', placeNames(place));
    }
    const column = columnKeys.of(keys.active('fields'), place);
    const aad = column.aad(place);
    const plaintext = plaintexts.write(value, bucketBytes);
    if (plaintext === null) throw wrongType(value, place);
    const size = headerBytes + plaintext.length + committedOverheadBytes;
    const out = size <= room.length ? room : Buffer.alloc(size);
    out.set(column.header);
    try {
      column.key.sealInto(out, headerBytes, plaintext, aad);
    } finally {
      plaintext.fill(0);
    }
    return (textPrefix + out.toString('base64url', 0, size)) as Ciphertext;
  }
  function openAny(sealed: unknown, place: Place): Typed {
    const bytes = parse(sealed);
    if (bytes === null) throw new SafekeepError('ERR_NOT_SEALED', placeNames(place));
    const keyId = bytes.readUInt32BE(2);
    if (bytes[1] !== suite) throw new SafekeepError('ERR_SEAL_KEY', { ...placeNames(place), keyId, suite: bytes[1] });
    const ringKey = keys.find(keyId);
    if (ringKey === undefined || ringKey.purpose !== 'fields') {
      throw new SafekeepError('ERR_KEY_UNKNOWN', { ...placeNames(place), keyId });
    }
    const column = columnKeys.of(ringKey, place);
    const plaintext = column.key.open(bytes, headerBytes, column.aad(place));
    if (plaintext === 'key') throw new SafekeepError('ERR_SEAL_KEY', { ...placeNames(place), keyId });
    if (plaintext === 'body') throw new SafekeepError('ERR_SEAL_BROKEN', { ...placeNames(place), keyId });
    const end = valueLength(plaintext);
    const value = end < 1 ? null : decode(plaintext, end);
    plaintext.fill(0);
    if (value === null) throw new SafekeepError('ERR_SEAL_BROKEN', { ...placeNames(place), keyId });
    return value;
  }
  return Object.freeze<Envelopes>({
    seal,
    openAny,
    open<T extends ValueType>(sealed: unknown, place: Place, expected: T): ValueTypes[T] {
      const opened = openAny(sealed, place);
      if (opened.type !== expected) {
        throw new SafekeepError('ERR_SEAL_BROKEN', { ...placeNames(place), expected: nameOf(expected) });
      }
      return opened.value as ValueTypes[T];
    },
    keyIdOf(sealed) {
      return parse(sealed)?.readUInt32BE(2) ?? null;
    },
  });
}

/** For columns that are stored as they are. @throws SafekeepError ERR_VALUE_TYPE for a value that is not of its type */
export function assertTyped(value: Typed, place: Place): void {
  if (encode(value) === null) throw wrongType(value, place);
}

function wrongType(value: Typed, place: Place): SafekeepError {
  return new SafekeepError('ERR_VALUE_TYPE', { type: nameOf(String(value.type)), ...placeNames(place) });
}

function isMarked(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(textPrefix);
}
