import { isHex } from './characters.js';
import { beginsInvisible, isInvisible, isOtherBlank, isOtherForm, lookalikes } from './trigger-table.js';

/** A text as a reader would see it, and where each character of it came from. */
export interface Folded {
  readonly text: string;
  /** The place in the original of each character; one more entry for the end. */
  readonly starts: Uint32Array;
}
interface Step {
  /** What is printed in place; at most one character. */
  readonly char: string;
  readonly length: number;
}

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['commat', '@'],
  ['period', '.'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['equals', '='],
  ['colon', ':'],
  ['plus', '+'],
  ['hyphen', '-'],
  ['sol', '/'],
]);
const longestEntity = 10;

/**
 * Percent escapes (also of percent signs), `\u0040` and `\x40`, HTML entities, full-width and other digits, letters that
 * look like ours; what is invisible is left out. One pass, each character read a bounded number of times.
 */
export function foldText(text: string): Folded {
  const starts = new Uint32Array(text.length + 1);
  let out = '';
  let at = 0;
  while (at < text.length) {
    const step = stepAt(text, at);
    const length = step === undefined ? 1 : step.length;
    const char = step === undefined ? (text[at] ?? '') : step.char;
    if (char !== '') {
      starts[out.length] = at;
      out += char;
    }
    at += length;
  }
  starts[out.length] = text.length;
  return { text: out, starts };
}

function stepAt(text: string, at: number): Step | undefined {
  const code = text.charCodeAt(at);
  if (code === 37) return percentAt(text, at);
  if (code === 92) return escapeAt(text, at);
  if (code === 38) return entityAt(text, at);
  return code > 127 ? otherForm(text, at, code) : undefined;
}

/** `%40`, and `%2540`, which a second server made of it. */
function percentAt(text: string, at: number): Step | undefined {
  let from = at + 1;
  for (let round = 0; round < 2 && text.startsWith('25', from) && isHexPair(text, from + 2); round += 1) from += 2;
  if (!isHexPair(text, from)) return undefined;
  return ascii(Number.parseInt(text.slice(from, from + 2), 16), from + 2 - at);
}

function escapeAt(text: string, at: number): Step | undefined {
  let from = at + 1;
  // JSON in JSON doubles the backslash.
  while (from < at + 4 && text.charCodeAt(from) === 92) from += 1;
  const kind = text.charCodeAt(from);
  if (kind === 120 && isHexPair(text, from + 1))
    return ascii(Number.parseInt(text.slice(from + 1, from + 3), 16), from + 3 - at);
  if (kind !== 117 || !isHexPair(text, from + 1) || !isHexPair(text, from + 3)) return undefined;
  const code = Number.parseInt(text.slice(from + 1, from + 5), 16);
  const length = from + 5 - at;
  if (code < 128) return ascii(code, length);
  return { char: otherForm(String.fromCharCode(code), 0, code)?.char ?? String.fromCharCode(code), length };
}

function entityAt(text: string, at: number): Step | undefined {
  const end = text.slice(at, at + longestEntity).indexOf(';');
  if (end < 2) return undefined;
  const name = text.slice(at + 1, at + end);
  const number = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name);
  if (number === null) {
    const char = entities.get(name);
    return char === undefined ? undefined : { char, length: end + 1 };
  }
  const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16);
  return ascii(code, end + 1);
}

/** Only what is printed: an escaped control character stays what it is, an escape. */
function ascii(code: number, length: number): Step | undefined {
  return code >= 32 && code < 127 ? { char: String.fromCharCode(code), length } : undefined;
}

function otherForm(text: string, at: number, code: number): Step | undefined {
  if (isInvisible(code)) return { char: '', length: 1 };
  if (beginsInvisible(code)) return { char: '', length: isLowSurrogate(text.charCodeAt(at + 1)) ? 2 : 1 };
  const alike = lookalikes.get(code);
  if (alike !== undefined) return { char: alike, length: 1 };
  if (!isOtherForm(code)) return undefined;
  if (isOtherBlank(code)) return { char: ' ', length: 1 };
  if (code >= 0x2010 && code <= 0x2015) return { char: '-', length: 1 };
  for (const zero of [0x660, 0x6f0, 0x966])
    if (code >= zero && code < zero + 10) return { char: String(code - zero), length: 1 };
  const length = code === 0xd835 ? 2 : 1;
  const char = text.slice(at, at + length).normalize('NFKC');
  return char.length === 1 ? { char, length } : undefined;
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

function isHexPair(text: string, at: number): boolean {
  return isHex(text.charCodeAt(at)) && isHex(text.charCodeAt(at + 1));
}
