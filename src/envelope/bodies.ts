import { type BodyKey, committedOverheadBytes, createBodyKey, type Nonces, plainOverheadBytes } from '../aead/index.js';
import type { Ciphertext } from '../base/brands.js';
import { SafekeepError } from '../base/errors.js';
import type { KeyRing } from '../keys/index.js';
import { type ColumnLabel, createColumnKeys } from './column-keys.js';
import { type Place, placeNames } from './place.js';
import { suites } from './suites.js';
import { createTextDecoder, headerBytes, magicByte, textPrefix } from './text-form.js';

/** Plaintexts in and out of the text form, in one suite. */
export interface Bodies {
  /** Seals under the active key and wipes the plaintext. @throws ERR_PLACE_INVALID, ERR_KEY_RING_CLOSED */
  seal(plaintext: Buffer, place: Place): Ciphertext;
  /** @throws ERR_NOT_SEALED, ERR_KEY_UNKNOWN, ERR_SEAL_KEY, ERR_SEAL_BROKEN; ERR_PLACE_INVALID, ERR_KEY_RING_CLOSED */
  open(sealed: unknown, place: Place): Opened;
  /**
   * True when this ring sealed the text for this column; in suite 02, which has no commitment, for this very place. Text
   * that merely looks sealed is a customer's text.
   */
  isSealedHere(text: string, place: Place): boolean;
  /** The ring key a value of this suite names, unauthenticated; null for what is none. */
  keyIdOf(sealed: unknown): number | null;
  /** Frees and forgets every column key. */
  drop(): void;
}
export interface Opened {
  readonly plaintext: Buffer;
  readonly keyId: number;
}
export interface BodiesParts {
  readonly application: string;
  readonly keys: KeyRing;
  readonly nonces: Nonces;
  readonly hedged: boolean;
}

/** Type tag and padding byte, the least that a plaintext of one value has. */
const leastPlaintext = 2;

export function createBodies(
  name: Exclude<keyof typeof suites, 'stream'>,
  { application, keys, nonces, hedged }: BodiesParts,
): Bodies {
  const suite = suites[name];
  const committed = name !== 'xaes-256-gcm';
  const overheadBytes = committed ? committedOverheadBytes : plainOverheadBytes;
  const leastBytes = headerBytes + overheadBytes + leastPlaintext;
  // Sealed bytes only: never a plaintext, so it is not wiped.
  const room = Buffer.alloc(8192);
  const decode = createTextDecoder(room);
  const columnKeys = createColumnKeys(suite, application, (derive) => bodyKey(derive));

  function bodyKey(derive: (label: ColumnLabel) => Buffer): BodyKey {
    const derived = derive('sf1/enc');
    const hedge = hedged ? derive('sf1/hedge') : undefined;
    const key = createBodyKey(derived, { nonces, committed, hedge });
    derived.fill(0);
    hedge?.fill(0);
    return key;
  }
  /** Whole enough to name a suite and a key. */
  function parse(sealed: unknown): Buffer | null {
    const bytes = decode(sealed);
    return bytes !== null && bytes.length >= headerBytes && bytes[0] === magicByte ? bytes : null;
  }
  function parseOwn(sealed: unknown): Buffer | null {
    const bytes = parse(sealed);
    return bytes !== null && bytes[1] === suite && bytes.length >= leastBytes ? bytes : null;
  }
  return {
    seal(plaintext, place) {
      const size = headerBytes + plaintext.length + overheadBytes;
      const out = size <= room.length ? room : Buffer.alloc(size);
      try {
        const column = columnKeys.of(keys.active('fields'), place);
        const aad = column.aad(place);
        out.set(column.header);
        column.key.sealInto(out, headerBytes, plaintext, aad);
      } finally {
        plaintext.fill(0);
      }
      return (textPrefix + out.toString('base64url', 0, size)) as Ciphertext;
    },
    open(sealed, place) {
      const bytes = parse(sealed);
      if (bytes === null) throw new SafekeepError('ERR_NOT_SEALED', placeNames(place));
      const keyId = bytes.readUInt32BE(2);
      if (bytes[1] !== suite) throw new SafekeepError('ERR_SEAL_KEY', { ...placeNames(place), keyId, suite: bytes[1] });
      if (bytes.length < leastBytes) throw new SafekeepError('ERR_NOT_SEALED', placeNames(place));
      const ringKey = keys.find(keyId);
      if (ringKey === undefined || ringKey.purpose !== 'fields') {
        throw new SafekeepError('ERR_KEY_UNKNOWN', { ...placeNames(place), keyId });
      }
      const column = columnKeys.of(ringKey, place);
      const plaintext = column.key.open(bytes, headerBytes, column.aad(place));
      if (plaintext === 'key') throw new SafekeepError('ERR_SEAL_KEY', { ...placeNames(place), keyId });
      if (plaintext === 'body') throw new SafekeepError('ERR_SEAL_BROKEN', { ...placeNames(place), keyId });
      return { plaintext, keyId };
    },
    isSealedHere(text, place) {
      const bytes = parseOwn(text);
      const ringKey = bytes === null ? undefined : keys.find(bytes.readUInt32BE(2));
      if (bytes === null || ringKey === undefined || ringKey.purpose !== 'fields') return false;
      const column = columnKeys.of(ringKey, place);
      return column.key.sealedThis(bytes, headerBytes, column.aad(place));
    },
    keyIdOf: (sealed) => parseOwn(sealed)?.readUInt32BE(2) ?? null,
    drop: columnKeys.drop,
  };
}
