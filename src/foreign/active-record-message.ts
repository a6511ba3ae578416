import { fromPadded, jsonRecord, record } from './stored.js';

interface Encrypted {
  readonly ciphertext: Buffer;
  readonly nonce: Buffer;
  readonly tag: Buffer;
}

/** A stored attribute of Active Record Encryption, parsed and nothing else. */
export interface ActiveRecordMessage extends Encrypted {
  readonly isCompressed: boolean;
  readonly encoding: 'text' | 'bytes';
  /** The first four hex digits of the key's SHA-1, where references are stored. */
  readonly reference?: string | undefined;
  /** The data key, encrypted under one of the keys. */
  readonly dataKey?: Encrypted | undefined;
}

/** Null for anything that Rails would not have written: other headers, other types, loose base64, a short tag. */
export function activeRecordMessage(text: string | null): ActiveRecordMessage | null {
  const outer = text === null ? null : jsonRecord(text, ['p', 'h']);
  const headers = record(outer?.['h'], ['iv', 'at', 'c', 'e', 'i', 'k']);
  const encrypted = encryptedPart(outer?.['p'], headers);
  const encoding = encodingOf(headers?.['e']);
  if (headers === null || encrypted === null || encoding === null) return null;
  const { c: compressed = false, i: named, k: nested } = headers;
  if (typeof compressed !== 'boolean') return null;
  const reference = named === undefined ? undefined : fromPadded(named)?.toString('latin1');
  if (named !== undefined && !/^[0-9a-f]{4}$/.test(reference ?? '')) return null;
  const inner = nested === undefined ? undefined : record(nested, ['p', 'h']);
  const innerHeaders = record(inner?.['h'], ['iv', 'at', 'e']);
  // A data key is bytes, and says so; a header that nothing authenticates is at least one that Rails writes.
  const isKey = innerHeaders?.['e'] === undefined || encodingOf(innerHeaders['e']) === 'bytes';
  const dataKey = isKey ? encryptedPart(inner?.['p'], innerHeaders) : null;
  if (nested !== undefined && dataKey === null) return null;
  return { ...encrypted, isCompressed: compressed, encoding, reference, dataKey: dataKey ?? undefined };
}

function encryptedPart(payload: unknown, headers: Readonly<Record<string, unknown>> | null): Encrypted | null {
  const ciphertext = fromPadded(payload);
  const nonce = fromPadded(headers?.['iv']);
  const tag = fromPadded(headers?.['at']);
  if (ciphertext === null || nonce?.length !== 12 || tag?.length !== 16) return null;
  return { ciphertext, nonce, tag };
}

/** Ruby's name of the value's encoding, left out for UTF-8. */
function encodingOf(header: unknown): 'text' | 'bytes' | null {
  const named = header === undefined ? 'UTF-8' : fromPadded(header)?.toString('latin1');
  if (named === 'UTF-8' || named === 'US-ASCII') return 'text';
  return named === 'ASCII-8BIT' || named === 'BINARY' ? 'bytes' : null;
}
