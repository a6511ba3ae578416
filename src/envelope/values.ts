import { utf8 } from '../base/bytes.js';
import { fromJsonBytes, toJsonBytes } from './json-values.js';
import { isWellFormed } from './place.js';

/** The JavaScript type of each value type that can be sealed. */
export interface ValueTypes {
  text: string;
  bytes: Uint8Array;
  boolean: boolean;
  /** From -2^63 to 2^63 - 1. */
  int64: bigint;
  bigint: bigint;
  float64: number;
  /** Digits as they are: `-12.50`. No exponent, no leading zeros. */
  decimal: string;
  instant: Date;
  /** A calendar date, `YYYY-MM-DD`, years 0001 to 9999. */
  date: string;
  /** Opened into objects without a prototype. */
  json: unknown;
}
export type ValueType = keyof ValueTypes;
/** A value together with the type it is sealed as. */
export type Typed = { readonly [T in ValueType]: { readonly type: T; readonly value: ValueTypes[T] } }[ValueType];

/** The first byte of every sealed plaintext. Frozen: docs/formats.md. */
const tags = {
  text: 0x00,
  bytes: 0x01,
  false: 0x02,
  true: 0x03,
  int64: 0x04,
  bigint: 0x05,
  float64: 0x06,
  decimal: 0x07,
  instant: 0x08,
  date: 0x09,
  json: 0x0a,
} as const;

export const textTag: number = tags.text;

/** Tag and encoded value; null when the value is not exactly of its type. */
export function encode({ type, value }: Typed): { readonly tag: number; readonly bytes: Uint8Array } | null {
  switch (type) {
    case 'text':
      return typeof value === 'string' && isWellFormed(value) ? { tag: tags.text, bytes: utf8(value) } : null;
    case 'bytes':
      return value instanceof Uint8Array ? { tag: tags.bytes, bytes: value } : null;
    case 'boolean':
      return typeof value === 'boolean' ? { tag: value ? tags.true : tags.false, bytes: none } : null;
    case 'int64':
      return isInt64(value) ? { tag: tags.int64, bytes: int64(value) } : null;
    case 'bigint':
      return typeof value === 'bigint' ? { tag: tags.bigint, bytes: signAndMagnitude(value) } : null;
    case 'float64':
      return typeof value === 'number' ? { tag: tags.float64, bytes: float64(value) } : null;
    case 'decimal':
      return typeof value === 'string' && decimal.test(value) ? { tag: tags.decimal, bytes: utf8(value) } : null;
    case 'instant':
      return value instanceof Date && !Number.isNaN(value.getTime())
        ? { tag: tags.instant, bytes: int64(BigInt(value.getTime())) }
        : null;
    case 'date':
      return isCalendarDate(value) ? { tag: tags.date, bytes: utf8(value) } : null;
    case 'json': {
      const bytes = toJsonBytes(value);
      return bytes === null ? null : { tag: tags.json, bytes };
    }
    default:
      return null;
  }
}

/** The value of tag || value between `from` and `end`; null when it is none, which an authenticated plaintext never is. */
export function decode(plaintext: Buffer, from: number, end: number): Typed | null {
  const tag = plaintext[from];
  if (tag === tags.text) return { type: 'text', value: plaintext.toString('utf8', from + 1, end) };
  const bytes = plaintext.subarray(from + 1, end);
  switch (tag) {
    case tags.bytes:
      return { type: 'bytes', value: Buffer.from(bytes) };
    case tags.false:
    case tags.true:
      return bytes.length === 0 ? { type: 'boolean', value: tag === tags.true } : null;
    case tags.int64:
      return bytes.length === 8 ? { type: 'int64', value: bytes.readBigInt64BE(0) } : null;
    case tags.bigint:
      return bytes.length > 0 ? { type: 'bigint', value: fromSignAndMagnitude(bytes) } : null;
    case tags.float64:
      return bytes.length === 8 ? { type: 'float64', value: bytes.readDoubleBE(0) } : null;
    case tags.decimal:
      return { type: 'decimal', value: bytes.toString('latin1') };
    case tags.instant:
      return bytes.length === 8 ? { type: 'instant', value: new Date(Number(bytes.readBigInt64BE(0))) } : null;
    case tags.date:
      return { type: 'date', value: bytes.toString('latin1') };
    case tags.json:
      return { type: 'json', value: fromJsonBytes(bytes) };
    default:
      return null;
  }
}

const none = new Uint8Array(0);
const decimal = /^-?(?:0|[1-9][0-9]{0,999})(?:\.[0-9]{1,1000})?$/;

function isInt64(value: unknown): value is bigint {
  return typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
}

function isCalendarDate(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value) || value.startsWith('0000')) return false;
  const date = new Date(`${value}T00:00:00.000Z`);
  // The 30th of February is read as the 1st or 2nd of March; it must come back as it went in.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

function int64(value: bigint): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigInt64BE(value);
  return out;
}

function float64(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeDoubleBE(value);
  return out;
}

/** 00 or 01 for the sign, then the magnitude, big-endian, without leading zeros: zero is 00 alone. */
function signAndMagnitude(value: bigint): Buffer {
  const digits = (value < 0n ? -value : value).toString(16);
  const magnitude = value === 0n ? '' : digits.padStart(digits.length + (digits.length % 2), '0');
  return Buffer.from(`${value < 0n ? '01' : '00'}${magnitude}`, 'hex');
}

function fromSignAndMagnitude(bytes: Buffer): bigint {
  const magnitude = BigInt(`0x0${bytes.toString('hex', 1)}`);
  return bytes[0] === 1 ? -magnitude : magnitude;
}
