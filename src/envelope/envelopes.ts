import { createNonces } from '../aead/index.js';
import type { Ciphertext } from '../base/brands.js';
import { type Random, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import { objectRule, readOptions, required, textRule, withDefault } from '../base/options.js';
import type { KeyRing } from '../keys/index.js';
import { type Bodies, createBodies } from './bodies.js';
import { type Expect, type FieldMap, readMap } from './field-map.js';
import { assertPadding, contentEnd, defaultPadding, type Padding } from './padding.js';
import { type Place, placeNames } from './place.js';
import { createPlaintexts } from './plaintexts.js';
import { suites } from './suites.js';
import { textPrefix } from './text-form.js';
import { decode, encode, type Typed, type ValueType, type ValueTypes } from './values.js';

export interface EnvelopesOptions {
  /** Bound into every sealed value and every column key; changing it makes them unreadable. */
  readonly application: string;
  readonly keys: KeyRing;
  readonly random?: Random | undefined;
}

export interface SealOptions {
  /** What the plaintext is padded to. Default: steps of 32 bytes. */
  readonly pad?: Padding | undefined;
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
  /**
   * Seals several values as one, suite 11: the sealed columns of a row, kept in one column. The place's column is the
   * one that holds the result; the padding is of the whole.
   * @throws SafekeepError as `seal`, and ERR_OPTION_INVALID for a schema or a field number out of range
   */
  sealMap(map: FieldMap, place: Place, options?: SealOptions): Ciphertext;
  /**
   * The map, or those of its fields that `expect` names a type for; the others are never decoded.
   * @throws SafekeepError as `open`; ERR_SEAL_BROKEN too when a field is not of the type that is expected
   */
  openMap(sealed: unknown, place: Place, expect?: Expect): FieldMap;
  /** The ring key a sealed value names, unauthenticated; null for what is not sealed. */
  keyIdOf(sealed: unknown): number | null;
}

const shape = {
  application: required(textRule({ maxLength: 64 })),
  keys: required(objectRule<KeyRing>('active', 'find', 'onClose')),
  random: withDefault(objectRule<Random>('bytes'), systemRandom),
};

/**
 * SF1 envelopes over a key ring (docs/formats.md), for modules that store values: fields and passwords. Synchronous;
 * nothing here calls out. A value is bound to application, table, column, row, tenant and type.
 * It does NOT detect an older value of the same place that was put back, and it shows the length of a value up to its
 * padding. ASVS 5.0 11.3.3, 11.3.4.
 * @example
 * const envelopes = createEnvelopes({ application: 'shop', keys });
 * const place = { table: 'customers', column: 'phone', row: 'c-1' };
 * const sealed = envelopes.seal({ type: 'text', value: '555-0100' }, place);
 * envelopes.open(sealed, place, 'text');
 */
export function createEnvelopes(options: EnvelopesOptions): Envelopes {
  const { application, keys, random } = readOptions('createEnvelopes', shape, options);
  const parts = { application, keys, nonces: createNonces(random) };
  const values = createBodies(suites['kc-xaes-256-gcm'], parts);
  const maps = createBodies(suites.row, parts);
  const plaintexts = createPlaintexts();
  keys.onClose(values.drop);
  keys.onClose(maps.drop);

  function seal(value: Typed, place: Place, { pad = defaultPadding }: SealOptions = {}): Ciphertext {
    assertPadding(pad);
    assertNotSealed(values, value, place);
    const plaintext = plaintexts.write(value, pad);
    if (plaintext === null) throw wrongType(value, place);
    return values.seal(plaintext, place);
  }
  function openAny(sealed: unknown, place: Place): Typed {
    const { plaintext, keyId } = values.open(sealed, place);
    const end = contentEnd(plaintext);
    const value = end < 1 ? null : decode(plaintext, 0, end);
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
    sealMap(map, place, { pad = defaultPadding } = {}) {
      assertPadding(pad);
      for (const value of map.fields.values()) if (value !== null) assertNotSealed(maps, value, place);
      const plaintext = plaintexts.writeMap(map, pad);
      if (typeof plaintext === 'number') throw wrongType(map.fields.get(plaintext) as Typed, place);
      return maps.seal(plaintext, place);
    },
    openMap(sealed, place, expect) {
      const { plaintext, keyId } = maps.open(sealed, place);
      const map = readMap(plaintext, contentEnd(plaintext), expect);
      plaintext.fill(0);
      if (map === null) throw new SafekeepError('ERR_SEAL_BROKEN', { ...placeNames(place), keyId });
      return map;
    },
    keyIdOf: (sealed) => values.keyIdOf(sealed) ?? maps.keyIdOf(sealed),
  });
}

/** For columns that are stored as they are. @throws SafekeepError ERR_VALUE_TYPE for a value that is not of its type */
export function assertTyped(value: Typed, place: Place): void {
  if (encode(value) === null) throw wrongType(value, place);
}

function assertNotSealed(bodies: Bodies, { type, value }: Typed, place: Place): void {
  if (type !== 'text' || typeof value !== 'string' || !value.startsWith(textPrefix)) return;
  if (bodies.isSealedHere(value, place)) throw new SafekeepError('ERR_ALREADY_SEALED', placeNames(place));
}

function wrongType(value: Typed, place: Place): SafekeepError {
  return new SafekeepError('ERR_VALUE_TYPE', { type: nameOf(String(value.type)), ...placeNames(place) });
}
