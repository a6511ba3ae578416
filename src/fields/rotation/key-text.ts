import { u32 } from '../../base/bytes.js';

/** What the header of a sealed value says, unauthenticated. */
export interface SealedHeader {
  readonly suite: number;
  readonly keyId: number;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Six bytes (C1, suite, key id) are exactly eight characters. The first is w, the second has two bits of C1: Q to f. */
const sealedText = /^sf1[.]w[QRSTUVWXYZabcdef][A-Za-z0-9_-]{6}/;

/**
 * A regular expression, for PostgreSQL and JavaScript alike, that values under the key match, whatever their suite: the
 * suite is in the second and third character of the header, and only two bits of the third belong to the key id.
 */
export function keyPattern(keyId: number): string {
  const [first = 0, ...rest] = u32(keyId);
  const thirds = Array.from({ length: 16 }, (_, suite) => alphabet[(suite << 2) | (first >> 6)]).join('');
  const fixed = `${alphabet[first & 63]}${Buffer.from(rest).toString('base64url')}`;
  // Where a hyphen is in the list at all it comes last, where it means itself.
  return `^sf1[.]w[QRSTUVWXYZabcdef][${hyphenLast(thirds)}]${fixed}`;
}

/** Of a sealed text, what `headerOf` looks at. */
export const headCharacters = 12;

/** The header in characters 5 to 12 of a text; null where there is none. */
export function headerOf(text: string): SealedHeader | null {
  if (!sealedText.test(text)) return null;
  const bytes = Buffer.from(text.slice(4, 12), 'base64url');
  return { suite: bytes.readUInt8(1), keyId: bytes.readUInt32BE(2) };
}

/**
 * SQL for what a column holds, so that a header stands where text has it: of bytes the first six, written as text. Of a
 * column of bytes nothing more than these is looked at.
 */
export function sqlText(column: string, isBytes: boolean): string {
  if (!isBytes) return `${column}::text`;
  return `('sf1.' || translate(encode(substring(${column} from 1 for 6), 'base64'), '+/', '-_'))`;
}

function hyphenLast(characters: string): string {
  return characters.includes('-') ? `${characters.replace('-', '')}-` : characters;
}
