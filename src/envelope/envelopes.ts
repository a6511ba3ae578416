import type { Transform } from 'node:stream';
import { createNonces } from '../aead/index.js';
import type { Ciphertext } from '../base/brands.js';
import { type Random, systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, say } from '../base/names.js';
import { flagRule, objectRule, readOptions, required, textRule, withDefault } from '../base/options.js';
import type { KeyRing } from '../keys/index.js';
import { type Bodies, createBodies } from './bodies.js';
import { type Expect, type FieldMap, readMap } from './field-map.js';
import { assertPadding, contentEnd, defaultPadding, type Padding } from './padding.js';
import { type Place, placeNames } from './place.js';
import { createPlaintexts } from './plaintexts.js';
import { createStreams } from './streams.js';
import { defaultSuite, type FieldSuite } from './suites.js';
import { magicByte, textPrefix } from './text-form.js';
import { decode, encode, type Typed, type ValueType, type ValueTypes } from './values.js';

export interface EnvelopesOptions {
  /** Bound into every sealed value and every column key; changing it makes them unreadable. */
  readonly application: string;
  readonly keys: KeyRing;
  /**
   * Makes each nonce from a random one, the place and the value together, so that a generator that repeats itself (a
   * cloned machine) gives away equal values of one place and nothing more. What is stored looks the same. Costs about
   * as much again as sealing; default off.
   */
  readonly hedged?: boolean | undefined;
  readonly random?: Random | undefined;
}

export interface SealOptions {
  /**
   * The suite of the column; what another one made is refused. Default `kc-xaes-256-gcm`, which commits to its key.
   * `xaes-256-gcm` stores 32 bytes less and cannot tell a wrong key from damaged bytes.
   */
  readonly suite?: FieldSuite | undefined;
  /** What the plaintext is padded to. Default: steps of 32 bytes. */
  readonly pad?: Padding | undefined;
}
export type OpenOptions = Pick<SealOptions, 'suite'>;

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
  open<T extends ValueType>(sealed: unknown, place: Place, expected: T, options?: OpenOptions): ValueTypes[T];
  /** As `open`, for a value whose type only the seal itself says. */
  openAny(sealed: unknown, place: Place, options?: OpenOptions): Typed;
  /**
   * Seals several values as one, suite 11: the sealed columns of a row, kept in one column. The place's column is the
   * one that holds the result; the padding is of the whole.
   * @throws SafekeepError as `seal`, and ERR_OPTION_INVALID for a schema or a field number out of range
   */
  sealMap(map: FieldMap, place: Place, options?: Pick<SealOptions, 'pad'>): Ciphertext;
  /**
   * The map, or those of its fields that `expect` names a type for; the others are never decoded.
   * @throws SafekeepError as `open`; ERR_SEAL_BROKEN too when a field is not of the type that is expected
   */
  openMap(sealed: unknown, place: Place, expect?: Expect): FieldMap;
  /**
   * Seals what is written to it, of any length, for its place; suite 21. What comes out is bytes, not text, for a file
   * or an object store. Memory stays flat. @throws SafekeepError ERR_PLACE_INVALID; the stream: ERR_KEY_RING_CLOSED
   */
  sealStream(place: Place): Transform;
  /**
   * Opens what `sealStream` sealed for this place. Each piece that comes out is authentic and in its order, but only
   * the end of the stream says that there is no more: act on nothing before `pipeline` resolves. @throws SafekeepError
   * ERR_PLACE_INVALID; the stream fails with ERR_NOT_SEALED, ERR_KEY_UNKNOWN, ERR_SEAL_KEY (another key or place),
   * ERR_SEAL_BROKEN (other bytes, or cut), ERR_KEY_RING_CLOSED
   */
  openStream(place: Place): Transform;
  /** The ring key a sealed value names, unauthenticated; null for what is not sealed. */
  keyIdOf(sealed: unknown): number | null;
}

const shape = {
  application: required(textRule({ maxLength: 64 })),
  keys: required(objectRule<KeyRing>('active', 'find', 'onClose')),
  hedged: withDefault(flagRule(), false),
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
  const { application, keys, hedged, random } = readOptions('createEnvelopes', shape, options);
  const nonces = createNonces(random);
  const parts = { application, keys, nonces, hedged };
  const values: Readonly<Record<FieldSuite, Bodies>> = {
    'kc-xaes-256-gcm': createBodies('kc-xaes-256-gcm', parts),
    'xaes-256-gcm': createBodies('xaes-256-gcm', parts),
  };
  const maps = createBodies('row', parts);
  const streams = createStreams({ application, keys, random });
  const all = [...Object.values(values), maps];
  const plaintexts = createPlaintexts();
  for (const { drop } of [...all, streams, nonces]) keys.onClose(drop);

  function bodiesOf(suite: FieldSuite): Bodies {
    if (Object.hasOwn(values, suite)) return values[suite];
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('createEnvelopes'),
      option: nameOf('suite'),
      expected: say`one of ${nameOf('kc-xaes-256-gcm')}, ${nameOf('xaes-256-gcm')}`,
    });
  }
  function openAny(sealed: unknown, place: Place, { suite = defaultSuite }: OpenOptions = {}): Typed {
    const { plaintext, keyId } = bodiesOf(suite).open(sealed, place);
    const end = contentEnd(plaintext);
    const value = end < 1 ? null : decode(plaintext, 0, end);
    plaintext.fill(0);
    if (value === null) throw new SafekeepError('ERR_SEAL_BROKEN', { ...placeNames(place), keyId });
    return value;
  }
  return Object.freeze<Envelopes>({
    seal(value, place, { pad = defaultPadding, suite = defaultSuite } = {}) {
      assertPadding(pad);
      const bodies = bodiesOf(suite);
      // Whichever suite the column had before: its values are no customer's text.
      for (const before of Object.values(values)) assertNotSealed(before, value, place);
      const plaintext = plaintexts.write(value, pad);
      if (plaintext === null) throw wrongType(value, place);
      return bodies.seal(plaintext, place);
    },
    openAny,
    open<T extends ValueType>(sealed: unknown, place: Place, expected: T, given?: OpenOptions): ValueTypes[T] {
      const opened = openAny(sealed, place, given);
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
    sealStream: streams.seal,
    openStream: streams.open,
    keyIdOf: (sealed) => all.map((bodies) => bodies.keyIdOf(sealed)).find((id) => id !== null) ?? null,
  });
}

/** For columns that are stored as they are. @throws SafekeepError ERR_VALUE_TYPE for a value that is not of its type */
export function assertTyped(value: Typed, place: Place): void {
  if (encode(value) === null) throw wrongType(value, place);
}

/** Whether a value is exactly of the type, so that it could be sealed as it. */
export function encodes(type: ValueType, value: unknown): boolean {
  return encode({ type, value } as Typed) !== null;
}

function assertNotSealed(bodies: Bodies, { type, value }: Typed, place: Place): void {
  // What a column of bytes stores of a sealed value is the same without the text around it.
  if (type === 'bytes' && value instanceof Uint8Array && value[0] === magicByte) {
    const text = textPrefix + Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64url');
    if (bodies.isSealedHere(text, place)) throw new SafekeepError('ERR_ALREADY_SEALED', placeNames(place));
  }
  if (type !== 'text' || typeof value !== 'string' || !value.startsWith(textPrefix)) return;
  if (bodies.isSealedHere(value, place)) throw new SafekeepError('ERR_ALREADY_SEALED', placeNames(place));
}

function wrongType(value: Typed, place: Place): SafekeepError {
  return new SafekeepError('ERR_VALUE_TYPE', { type: nameOf(String(value.type)), ...placeNames(place) });
}
