import { writeText } from '../base/bytes.js';
import { SafekeepError } from '../base/errors.js';
import { type Name, nameOf, type Statement, say } from '../base/names.js';

/** One part of a row key. A number is a whole one; text and number never stand for each other. */
export type RowKeyPart = string | number | bigint | Uint8Array;

/**
 * Where a sealed value belongs. It is authenticated and not stored: a value that is moved to another row, column,
 * table or tenant does not open there.
 */
export interface Place {
  readonly table: string;
  readonly column: string;
  /** The row's key, which exists before the row is written; several parts in the order of the table's declaration. */
  readonly row: RowKeyPart | readonly RowKeyPart[];
  /** Whose data it is, where one database serves several. Left out is not the same as empty, which is refused. */
  readonly tenant?: string | undefined;
}

/** False for text with half a surrogate pair: UTF-8 cannot say it, so two different texts would become one. */
export function isWellFormed(text: string): boolean {
  // In the language since ES2024; the compiler's library here is that of ES2023.
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

export function placeError(place: Partial<Place> | null | undefined, problem: Statement): SafekeepError {
  return new SafekeepError('ERR_PLACE_INVALID', { ...placeNames(place), problem });
}

/** Table and column, which are names of the developer's own; never the row. */
export function placeNames(place: Partial<Place> | null | undefined): { readonly place: Name } {
  return { place: nameOf(`${String(place?.table)}.${String(place?.column)}`) };
}

/** Table and column are there. @throws SafekeepError ERR_PLACE_INVALID */
export function assertColumn(place: Place): void {
  if (typeof place !== 'object' || place === null) throw placeError(null, say`there is none`);
  for (const name of [place.table, place.column]) {
    if (typeof name !== 'string' || name === '') throw placeError(place, say`table or column is missing`);
  }
}

/** All of a place, checked before there is anything to seal. @throws SafekeepError ERR_PLACE_INVALID */
export function assertPlace(place: Place): void {
  assertColumn(place);
  for (let size = 512; writeRow(place, Buffer.alloc(size), 0) < 0; ) size *= 2;
}

/**
 * Appends the parts of a place that change from row to row to `into` at `at`, each as u32 length and bytes: the tenant
 * (00, or 01 and its UTF-8), then each row key part (01 text, 02 decimal digits of a whole number, 03 bytes). Returns
 * where it ends, or -1 when `into` is too small.
 * @throws SafekeepError ERR_PLACE_INVALID
 */
export function writeRow(place: Place, into: Buffer, at: number): number {
  const end = writeTenant(place, into, at);
  if (!isList(place.row)) return writePart(place, place.row, into, end);
  if (place.row.length === 0) throw placeError(place, say`the row key has no part`);
  let next = end;
  for (const part of place.row) next = writePart(place, part, into, next);
  return next;
}

export function rowParts(place: Place): number {
  return isList(place.row) ? place.row.length : 1;
}

function isList(row: Place['row']): row is readonly RowKeyPart[] {
  return Array.isArray(row);
}

function writeTenant(place: Place, into: Buffer, at: number): number {
  const { tenant } = place;
  if (tenant === undefined) return writeTagged(0, '', into, at);
  if (typeof tenant !== 'string' || tenant === '') throw placeError(place, say`the tenant is empty or no text`);
  if (!isWellFormed(tenant)) throw placeError(place, say`the tenant is no well-formed text`);
  return writeTagged(1, tenant, into, at);
}

function writePart(place: Place, part: RowKeyPart, into: Buffer, at: number): number {
  if (typeof part === 'string') {
    if (part === '') throw placeError(place, say`the row key is empty`);
    if (!isWellFormed(part)) throw placeError(place, say`the row key is no well-formed text`);
    return writeTagged(1, part, into, at);
  }
  if (typeof part === 'bigint' || Number.isSafeInteger(part)) return writeTagged(2, String(part), into, at);
  if (!(part instanceof Uint8Array))
    throw placeError(place, say`the row key is missing, or no text, whole number or bytes`);
  if (part.length === 0) throw placeError(place, say`the row key is empty`);
  if (at < 0 || at + 5 + part.length > into.length) return -1;
  into.writeUInt32BE(part.length + 1, at);
  into[at + 4] = 3;
  into.set(part, at + 5);
  return at + 5 + part.length;
}

function writeTagged(tag: number, text: string, into: Buffer, at: number): number {
  // Three bytes hold any UTF-16 unit, so what passes here is never cut by write().
  if (at < 0 || at + 5 + 3 * text.length > into.length) return -1;
  const written = writeText(text, into, at + 5);
  into.writeUInt32BE(written + 1, at);
  into[at + 4] = tag;
  return at + 5 + written;
}
