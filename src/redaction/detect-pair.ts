import { isDigit, isLetter, isSpace } from './characters.js';
import type { Match } from './finding.js';
import type { KeyRule, KeyRules } from './key-rules.js';

const longestKey = 64;
/** What stands behind "password:" in a message that tells no password. */
const prose = new Set(
  (
    'is was not no none null undefined true false must too required missing invalid incorrect wrong expired changed reset updated ' +
    'ok the a an has should cannot does did and or for with mismatch failed unknown empty rejected revoked accepted'
  ).split(' '),
);

/**
 * `key=value`, `key: value` and `"key": value` in text, also inside escaped JSON (`\"key\":\"value\"`). The separator
 * is at `at`. The look-back for the key is capped; the value is read forward once and the scan goes on behind it.
 */
export function detectPair(text: string, at: number, floor: number, keys: KeyRules): Match | null {
  const isColon = text.charCodeAt(at) === 58;
  let keyEnd = at;
  if (keyEnd > floor && isSpace(text.charCodeAt(keyEnd - 1))) keyEnd -= 1;
  const quote = text.charCodeAt(keyEnd - 1);
  const key = isQuote(quote) ? quotedKey(text, keyEnd - 1, quote, floor) : bareKey(text, keyEnd, floor, isColon);
  if (key === null) return null;
  const rule = key.isParameter ? keys.ofParameter(text, key.start, key.end) : keys.ofSpan(text, key.start, key.end);
  if (rule === undefined) return null;
  const inProse = isColon && key.quotes === 0;
  if (inProse && (!rule.secret || isFacility(text, key))) return null;
  const isWholeLine = isHeader(rule, inProse);
  // `'password' => 'x'` of PHP, Perl and Ruby.
  const isArrow = !isColon && text.charCodeAt(at + 1) === 62;
  // Without quotation marks it is a function: `token => token.id`.
  if (isArrow && !isQuote(text.charCodeAt(text.charCodeAt(at + 2) === 32 ? at + 3 : at + 2))) return null;
  const from = isArrow ? at + 2 : at + 1;
  const value = valueAt(text, from, key, isWholeLine, keys);
  if (value === null || (inProse && isProse(text, at, value, isWholeLine))) return null;
  const { start, end } = value;
  const given = text.slice(start, end);
  if (value.literal && (given === 'null' || (!rule.secret && (given === 'false' || given === 'true')))) return null;
  if (given.length < 12 && mailStatus.test(given)) return null;
  const printed = keys.replace(rule, given);
  if (printed === given) return null;
  // A number or an object of JSON becomes text: the quotes are those of the key, so that the line still parses.
  const marks = value.literal && key.quotes > 0 ? text.slice(key.end, key.end + key.quotes) : '';
  return { start, end, type: rule.type, rule: rule.rule, replacement: marks + printed + marks };
}

/** `dsn=2.0.0` of a mail server: an enhanced status code (RFC 3463), no connection's name. */
const mailStatus = /^[245]\.\d{1,3}\.\d{1,3}$/;

/** `Auth: (7) Login OK` begins with who speaks; the schemes behind a header of that name are found by themselves. */
function isFacility(text: string, { start, end }: Key): boolean {
  return end - start === 4 && /^auth$/i.test(text.slice(start, end));
}

interface Key {
  readonly start: number;
  readonly end: number;
  /** Behind `?`, `&`, `#` or `;`: the value ends where the fragment begins. */
  readonly isParameter: boolean;
  /** Length of the quotation mark with its backslashes; 0 for a bare word. */
  readonly quotes: number;
}
interface Value {
  readonly start: number;
  readonly end: number;
  /** Unquoted behind a quoted key: a number, a word or a structure of JSON. */
  readonly literal: boolean;
}

const isQuote = (code: number): boolean => code === 34 || code === 39 || code === 96;
const isParameterStart = (code: number): boolean => code === 63 || code === 38 || code === 35 || code === 59;

function quotedKey(text: string, closing: number, quote: number, floor: number): Key | null {
  let end = closing;
  while (end > floor && closing - end < 8 && text.charCodeAt(end - 1) === 92) end -= 1;
  const lowest = Math.max(floor, end - longestKey);
  let start = end;
  while (start > lowest && text.charCodeAt(start - 1) !== quote) start -= 1;
  // Of a key that is longer than the look-back the tail decides, as everywhere.
  if (start === end || (start > lowest && text.charCodeAt(start - 1) !== quote)) return null;
  return { start, end, isParameter: false, quotes: closing - end + 1 };
}

function bareKey(text: string, end: number, floor: number, isColon: boolean): Key | null {
  const lowest = Math.max(floor, end - longestKey);
  let start = end;
  let letters = false;
  while (start > lowest) {
    const code = text.charCodeAt(start - 1);
    if (isLetter(code) || code >= 128) letters = true;
    else if (!isDigit(code) && code !== 95 && code !== 45 && code !== 46 && code !== 91 && code !== 93) break;
    start -= 1;
  }
  // `10:11:12`, `T10:11`: what begins with a digit is a time or an id.
  if (!letters || (isColon && isDigit(text.charCodeAt(start)))) return null;
  return { start, end, isParameter: !isColon && isParameterStart(text.charCodeAt(start - 1)), quotes: 0 };
}

/** Headers whose value runs to the end of the line: `Cookie: a=b; c=d`. */
function isHeader(rule: KeyRule, inProse: boolean): boolean {
  return inProse && (rule.type === 'cookie' || rule.type === 'credential');
}

function valueAt(text: string, from: number, key: Key, toLineEnd: boolean, keys: KeyRules): Value | null {
  let start = from;
  while (start < from + 4 && text.charCodeAt(start) === 32) start += 1;
  if (start >= text.length || startsWithLabel(text, start, keys)) return null;
  if (toLineEnd) {
    const wrapper = text.charCodeAt(key.start - 1);
    return bounded(start, lineEnd(text, start, isQuote(wrapper) ? wrapper : 0));
  }
  const quoted = quotedValue(text, isPrefix(text, start) ? start + 1 : start);
  if (quoted !== null) return quoted;
  if (key.quotes > 0) return { start, end: literalEnd(text, start, key.quotes - 1), literal: true };
  const first = text.charCodeAt(start);
  return bounded(
    start,
    first === 123 || first === 91 ? structureEnd(text, start, 0) : wordEnd(text, start, key.isParameter),
  );
}

/** What was redacted before stays as it is. */
function startsWithLabel(text: string, start: number, keys: KeyRules): boolean {
  if (text.charCodeAt(start) !== 91) return false;
  const closing = text.slice(start, start + 120).indexOf(']');
  return closing !== -1 && keys.isLabel(text.slice(start, start + closing + 1));
}

/** `b'…'`, `u'…'`: a text as Python prints it. */
function isPrefix(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code === 98 || code === 117) && isQuote(text.charCodeAt(at + 1));
}

function bounded(start: number, end: number): Value | null {
  return end > start ? { start, end, literal: false } : null;
}

/** Text between quotation marks, whose backslashes are those of the opening one; unclosed text runs to the end. */
function quotedValue(text: string, from: number): Value | null {
  let opening = from;
  while (opening < from + 8 && text.charCodeAt(opening) === 92) opening += 1;
  const quote = text.charCodeAt(opening);
  if (!isQuote(quote)) return null;
  const depth = opening - from;
  const start = opening + 1;
  let backslashes = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) {
      backslashes += 1;
      continue;
    }
    if (code === quote && closes(backslashes, depth)) {
      return { start, end: at - Math.min(backslashes, depth), literal: false };
    }
    backslashes = 0;
  }
  return { start, end: text.length, literal: false };
}

/** The end of a JSON literal: a structure to its last bracket, else up to the next delimiter. */
function literalEnd(text: string, start: number, escapes: number): number {
  const first = text.charCodeAt(start);
  if (first === 123 || first === 91) return structureEnd(text, start, escapes);
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 44 || code === 125 || code === 93 || isSpace(code) || isQuote(code) || code === 92) break;
    at += 1;
  }
  return at;
}

function structureEnd(text: string, start: number, escapes: number): number {
  let depth = 0;
  let inText = false;
  let backslashes = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) {
      backslashes += 1;
      continue;
    }
    if (code === 34) {
      if (closes(backslashes, escapes)) inText = !inText;
    } else if (!inText && (code === 123 || code === 91)) depth += 1;
    else if (!inText && (code === 125 || code === 93)) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
    backslashes = 0;
  }
  return text.length;
}

/** `\"` closes what `\"` opened; inside it a quotation mark would wear three backslashes or more. */
function closes(backslashes: number, escapes: number): boolean {
  return escapes === 0 ? backslashes % 2 === 0 : backslashes <= escapes;
}

/** An unquoted value: greedy, because what is cut off too early is printed. */
function wordEnd(text: string, start: number, isParameter: boolean): number {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isSpace(code) || code === 38 || code === 59 || code === 34 || code === 39 || code === 60 || code === 62) break;
    if (isParameter && code === 35) break;
    at += 1;
  }
  // Closing punctuation belongs to the sentence or the bracket around.
  while (at > start && ',.)}]'.includes(text[at - 1] ?? '')) at -= 1;
  return at;
}

function lineEnd(text: string, start: number, wrapper: number): number {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13 || (wrapper !== 0 && code === wrapper)) break;
    at += 1;
  }
  return at;
}

/** "invalid token: expired" tells nothing; `std::token::new` is code. */
function isProse(text: string, colon: number, value: Value, isWholeLine: boolean): boolean {
  if (text.charCodeAt(colon + 1) === 58) return true;
  if (!isSpace(text.charCodeAt(colon + 1)) || value.end - value.start > 16) return false;
  const given = text.slice(value.start, value.end);
  const word = isWholeLine ? given : given.replace(/[,.!?:]$/, '');
  return prose.has(word.toLowerCase());
}
