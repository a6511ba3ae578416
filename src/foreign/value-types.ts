import { fromUtf8 } from './stored.js';

/** What the bytes inside are. Numbers and booleans come out as text, so that no digit is lost. */
export type ForeignType = 'text' | 'bytes' | 'boolean' | 'integer' | 'float';
export const foreignTypes = ['text', 'bytes', 'boolean', 'integer', 'float'] as const;

/** How a library writes the types that are not text. */
export interface Encoding {
  readonly littleEndian: boolean;
  /** The value of a boolean's bytes; undefined when they are none. */
  readonly boolean: (bytes: Buffer) => string | null | undefined;
}

/** The value, or undefined when the bytes are not of the type. */
export function decoded(bytes: Buffer, type: ForeignType, encoding: Encoding): string | Uint8Array | null | undefined {
  if (type === 'bytes') return bytes;
  if (type === 'text') return fromUtf8(bytes) ?? undefined;
  if (type === 'boolean') return encoding.boolean(bytes);
  if (bytes.length !== 8) return undefined;
  if (type === 'integer') return String(encoding.littleEndian ? bytes.readBigInt64LE() : bytes.readBigInt64BE());
  return String(encoding.littleEndian ? bytes.readDoubleLE() : bytes.readDoubleBE());
}
