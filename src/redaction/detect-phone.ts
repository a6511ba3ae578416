import { digitsEnd, isDigit, isWord } from './characters.js';
import type { Detection } from './finding.js';

const mostDigits = 15;
const mostGroups = 7;
const wordInFront =
  /\b(?:phone|tel|telephone|mobile|mob|cell|cellphone|desk|fax|sms|whatsapp|dial|dialed|call|calling|called|answering|hotline|msisdn)\b(?![^0-9]{0,24}\bids?\b)[^0-9]{0,24}$/i;

interface Groups {
  /** Sizes of the groups of digits, and where each ends. */
  readonly sizes: readonly number[];
  readonly ends: readonly number[];
}

/**
 * A telephone number at a run of digits: international with a plus (E.164: 8 to 15 digits), North American
 * (NANP: area and exchange by their rules), national with a leading zero in groups, and anything of 7 to 15 digits
 * behind a word like "phone". Bare ten digits without such a word are left: order numbers look the same.
 */
export function detectPhone(text: string, digits: number, firstEnd: number, floor: number): Detection {
  const length = firstEnd - digits;
  if (length > mostDigits) return null;
  const start = openingOf(text, digits, floor);
  if (!leftBoundary(text, start)) return null;
  // One run without a plus is a number only behind a word, and not where a key has said what it is.
  if (start === digits && !isSeparator(text.charCodeAt(firstEnd)) && isFieldOfItsOwn(text, start)) return null;
  const plus = text.charCodeAt(start) === 43 || text.charCodeAt(start + 1) === 43;
  const groups = readGroups(text, digits, firstEnd);
  const last = plus
    ? international(text, digits, groups)
    : (northAmerican(text, digits, groups) ??
      dialledAbroad(text, digits, groups) ??
      national(text, digits, groups) ??
      named(text, start, groups));
  if (last === undefined) return null;
  const end = groups.ends[last] ?? firstEnd;
  if (!rightBoundary(text, end)) return null;
  const shown = text
    .slice(Math.max(digits, end - 6), end)
    .replace(/\D/g, '')
    .slice(-2);
  return { start, end: withExtension(text, end), type: 'phone', rule: 'value/phone', replacement: `[phone ${shown}]` };
}

/** Takes a `+`, a `(` or both in front into the number. */
function openingOf(text: string, digits: number, floor: number): number {
  let start = digits;
  if (start > floor && text.charCodeAt(start - 1) === 40) start -= 1;
  if (start > floor && text.charCodeAt(start - 1) === 43) start -= 1;
  if (start > floor && text.charCodeAt(start - 1) === 40) start -= 1;
  return start;
}

function readGroups(text: string, digits: number, firstEnd: number): Groups {
  const sizes = [firstEnd - digits];
  const ends = [firstEnd];
  let total = firstEnd - digits;
  for (let at = firstEnd; sizes.length < mostGroups; ) {
    let next = at;
    while (next < at + 3 && isSeparator(text.charCodeAt(next))) next += 1;
    if (next === at || !isDigit(text.charCodeAt(next))) break;
    const end = digitsEnd(text, next);
    total += end - next;
    if (total > mostDigits) break;
    sizes.push(end - next);
    ends.push(end);
    at = end;
  }
  return { sizes, ends };
}

/** Space, `-`, `.`, `(`, `)`, no-break space. */
function isSeparator(code: number): boolean {
  return code === 32 || code === 45 || code === 46 || code === 40 || code === 41 || code === 0xa0;
}

function total(groups: Groups, upTo = groups.sizes.length): number {
  let sum = 0;
  for (let at = 0; at < upTo; at += 1) sum += groups.sizes[at] ?? 0;
  return sum;
}

function international(text: string, digits: number, groups: Groups): number | undefined {
  if (text.charCodeAt(digits) === 48) return undefined;
  if (text.charCodeAt(digits) === 49) {
    for (let count = 1; count <= groups.sizes.length; count += 1) if (total(groups, count) === 11) return count - 1;
  }
  return total(groups) >= 8 ? groups.sizes.length - 1 : undefined;
}

function northAmerican(text: string, digits: number, { sizes, ends }: Groups): number | undefined {
  const trunk = sizes[0] === 1 && text.charCodeAt(digits) === 49 ? 1 : 0;
  if (sizes[trunk] !== 3 || sizes[trunk + 1] !== 3 || sizes[trunk + 2] !== 4) return undefined;
  const area = (ends[trunk] ?? 0) - 3;
  const exchange = (ends[trunk + 1] ?? 0) - 3;
  // NANP: N is 2-9; N9X areas are reserved, N11 are services.
  const holds =
    /^[2-9][0-8]\d$/.test(text.slice(area, area + 3)) &&
    /^[2-9]\d\d$/.test(text.slice(exchange, exchange + 3)) &&
    text.slice(area + 1, area + 3) !== '11' &&
    text.slice(exchange + 1, exchange + 3) !== '11';
  return holds ? trunk + 2 : undefined;
}

/** `00 44 20 7946 0958`, `001-415-555-0132`: the international prefix instead of the plus. */
function dialledAbroad(text: string, digits: number, groups: Groups): number | undefined {
  const all = total(groups);
  const prefixed =
    text.charCodeAt(digits) === 48 && text.charCodeAt(digits + 1) === 48 && text.charCodeAt(digits + 2) !== 48;
  return prefixed && groups.sizes.length >= 3 && all >= 11 ? groups.sizes.length - 1 : undefined;
}

/** `07700 900 123`, `0490 75 40 81`, `01 23 45 67 89`: a zero, then 9 to 11 digits in all, in two to five groups. */
function national(text: string, digits: number, groups: Groups): number | undefined {
  const { sizes } = groups;
  if (text.charCodeAt(digits) !== 48 || text.charCodeAt(digits + 1) === 48 || sizes.length < 2) return undefined;
  const first = sizes[0] ?? 0;
  const all = total(groups);
  const pairs = first === 2 && sizes.length === 5 && sizes.every((size) => size === 2);
  const grouped =
    first >= 3 && first <= 5 && sizes.length <= 5 && sizes.every((size) => size >= 2) && all >= 9 && all <= 11;
  return pairs || grouped ? sizes.length - 1 : undefined;
}

function named(text: string, start: number, groups: Groups): number | undefined {
  const all = total(groups);
  if (all < 7 || isFieldOfItsOwn(text, start) || !wordInFront.test(text.slice(Math.max(0, start - 48), start)))
    return undefined;
  return groups.sizes.length - 1;
}

/** `"id":1234567`, `id=1234567`, `/1234567`: what it is says its own name, and that is asked at the separator. */
function isFieldOfItsOwn(text: string, start: number): boolean {
  const before = text.charCodeAt(start - 1);
  if (before === 61 || before === 47) return true;
  return (before === 34 && text.charCodeAt(start - 2) === 58) || (before === 58 && text.charCodeAt(start - 2) === 34);
}

/** `2026-04-07…`, `07/04/2026`, `20260407T…`. */
export function looksLikeDate(text: string, start: number, firstEnd: number): boolean {
  const length = firstEnd - start;
  if (length !== 4 && length !== 8) return false;
  const century = text.slice(start, start + 2);
  if (century !== '19' && century !== '20') return false;
  return length === 8 || /^[-. /]\d{1,2}[-. /]\d{1,2}(?!\d)/.test(text.slice(firstEnd, firstEnd + 7));
}

/** Seven digits before anything that stands in no number. Most runs end here, so nothing is cut out before. */
export function hasEnoughDigits(text: string, from: number): boolean {
  let count = 0;
  for (let at = from; at < from + 24; at += 1) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) count += 1;
    else if (!isSeparator(code)) return false;
    if (count === 7) return true;
  }
  return false;
}

function leftBoundary(text: string, start: number): boolean {
  const before = text.charCodeAt(start - 1);
  if (isWord(before)) return false;
  return !((before === 45 || before === 46 || before === 47) && isWord(text.charCodeAt(start - 2)));
}

function rightBoundary(text: string, end: number): boolean {
  const after = text.charCodeAt(end);
  // `555-0132x45` has an extension.
  if (isWord(after) && !((after === 120 || after === 88) && isDigit(text.charCodeAt(end + 1)))) return false;
  return !((after === 45 || after === 46 || after === 58) && isDigit(text.charCodeAt(end + 1)));
}

function withExtension(text: string, end: number): number {
  const extension = /^,? ?(?:x|ext\.?|extension) ?\d{1,6}(?!\w)/i.exec(text.slice(end, end + 20));
  return end + (extension?.[0].length ?? 0);
}
