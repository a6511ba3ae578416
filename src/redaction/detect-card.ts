import { digitsEnd, isDigit, isLetter, isWord } from './characters.js';
import { luhnHolds } from './checksums.js';
import type { Detection } from './finding.js';

/** Issuer prefixes with their lengths (ISO/IEC 7812-1 ranges as the schemes publish them). */
const issuers: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:30[0-5]|3095|36|3[89])/, [14, 16, 19]],
  // JCB was given 3528-3589; the rest of 35 is no other issuer's, and the sets people test with use all of it.
  [/^35/, [16, 17, 18, 19]],
  [/^(?:1800|2131)/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^(?:60|81|82|508)/, [16]],
  [/^220[0-4]/, [16, 17, 18, 19]],
  [/^(?:50|5[6-9]|6)/, [12, 13, 14, 15, 16, 17, 18, 19]],
];
/** Digits that some issuer starts with. A millisecond clock reads 1… with 13 digits and never gets past this. */
const mayStart = (code: number): boolean => code >= 49 && code <= 56 && code !== 55;

export function isCardNumber(digits: string): boolean {
  const { length } = digits;
  // Nine of ten numbers end at the checksum, and most of a log's before it: a clock begins with 1 and is no JCB card.
  if (length < 12 || length > 19 || (length !== 15 && digits.charCodeAt(0) === 49) || !luhnHolds(digits)) return false;
  return issuers.some(([prefix, lengths]) => lengths.includes(length) && prefix.test(digits));
}

/**
 * A card number at the start of a run of digits: bare, or in groups with one kind of separator. Luhn alone is no proof
 * (a tenth of all numbers pass it), so issuer, length and boundaries must hold too.
 */
export function detectCard(text: string, start: number, firstEnd: number): Detection {
  const length = firstEnd - start;
  if (length > 19 || length < 4 || !mayStart(text.charCodeAt(start))) return null;
  if (length >= 12) {
    if (!bareBoundary(text, start, length) || !rightBoundary(text, firstEnd)) return null;
    return isCardNumber(text.slice(start, firstEnd)) ? found(text, start, firstEnd) : null;
  }
  if (length !== 4 || !groupBoundary(text, start)) return null;
  return detectGroups(text, start, firstEnd);
}

function detectGroups(text: string, start: number, firstEnd: number): Detection {
  const separator = text.charCodeAt(firstEnd);
  if ((separator !== 32 && separator !== 45 && separator !== 46) || !startsGroups(text, firstEnd)) return null;
  let digits = text.slice(start, firstEnd);
  let end = firstEnd;
  let best: Detection = null;
  for (let group = 1; group < 6 && text.charCodeAt(end) === separator; group += 1) {
    const groupEnd = digitsEnd(text, end + 1);
    const size = groupEnd - end - 1;
    if (size === 0 || size > 6 || digits.length + size > 19) break;
    digits += text.slice(end + 1, groupEnd);
    end = groupEnd;
    // The longest that holds wins: a year or a verification code may follow the number.
    if (rightBoundary(text, end) && isCardNumber(digits)) best = found(text, start, end);
    if (size < 3) break;
  }
  return best;
}

/** A second group of three digits or more: what a date or a UUID has not. */
function startsGroups(text: string, firstEnd: number): boolean {
  for (let next = firstEnd + 1; next < firstEnd + 4; next += 1) if (!isDigit(text.charCodeAt(next))) return false;
  return true;
}

function found(text: string, start: number, end: number): Detection {
  const replacement = `[card ${text.slice(end - 4, end).replace(/\D/g, '')}]`;
  return { start, end, type: 'card', rule: 'value/card', replacement };
}

/** `order-4111…` and `card_4111…` count, `a4111…`, `0.4111…` and the tail of a UUID do not. */
function bareBoundary(text: string, start: number, length: number): boolean {
  const before = text.charCodeAt(start - 1);
  if (before === 46) return !isDigit(text.charCodeAt(start - 2));
  if (before === 45 || before === 95)
    return length >= 15 && (isLetter(text.charCodeAt(start - 2)) || !isWord(text.charCodeAt(start - 2)));
  return !isWord(before);
}

/** A group of four that stands behind another group of four is the inside of a longer number. */
function groupBoundary(text: string, start: number): boolean {
  const before = text.charCodeAt(start - 1);
  if (before === 45 || before === 46) return !isWord(text.charCodeAt(start - 2));
  if (before !== 32) return !isWord(before);
  for (let back = 2; back <= 5; back += 1) if (!isDigit(text.charCodeAt(start - back))) return true;
  return isWord(text.charCodeAt(start - 6));
}

function rightBoundary(text: string, end: number): boolean {
  const after = text.charCodeAt(end);
  if (after !== 46 || !isDigit(text.charCodeAt(end + 1))) return !isWord(after);
  // `4111…1111.0` is what a table makes of a number.
  let at = end + 1;
  while (text.charCodeAt(at) === 48) at += 1;
  return !isWord(text.charCodeAt(at));
}
