import { digitsEnd, isDigit, isHex, isLetter, isLetterOrDigit } from './characters.js';
import { findFolded } from './find-folded.js';
import type { DetectorName, Match } from './finding.js';
import type { KeyRules } from './key-rules.js';
import { isNumberOfNothing, isOrdinaryKey, matchAt, matchNumber, type Seek } from './match-at.js';
import { isNothing } from './trigger-neighbours.js';
import { ampersand, backslash, colon, digit, foldable, percent, quoting, triggers } from './trigger-table.js';

/** What one pass over a text saw. */
export interface Scan {
  /** In order, without overlap; empty for most texts. */
  readonly matches: readonly Match[];
  /** There is a quotation mark, a backslash or a control character: not to be quoted by concatenation. */
  readonly needsEscape: boolean;
  /** There is a control character, or something beyond ASCII: not to be printed as it is. */
  readonly needsEncoding: boolean;
}
export type ScanText = (text: string) => Scan;

/** Texts of such a length are copied once into an array of numbers: reading that is faster than reading a string. */
const shortest = 96;
const longest = 8192;

const noMatches: readonly Match[] = Object.freeze([]);
/** Shared answers: most texts have no match, and a scan must not allocate for them. */
const nothing: readonly Scan[] = [0, 1, 2, 3].map((bits) =>
  Object.freeze({ matches: noMatches, needsEscape: bits !== 0, needsEncoding: (bits & 2) !== 0 }),
);
const all: Scan = { matches: noMatches, needsEscape: true, needsEncoding: true };

interface Lane {
  readonly bytes: Buffer;
  readonly codes: Uint16Array;
}

/**
 * One pass over the characters. Few of them can begin or end a datum; those hand over to a detector, which reads a
 * bounded stretch back (never before the last match) and forward either a bounded stretch or what the scan then skips.
 * So the time is linear in the length for any input, which the complexity tests hold to by counting reads. Encoded
 * forms are folded, and the folded text searched, only where something in the text may be one.
 */
export function createScanner(keys: KeyRules, chosen: ReadonlySet<DetectorName>): ScanText {
  const has = (name: DetectorName): boolean => chosen.has(name);
  const seek: Seek = {
    keys,
    email: has('email'),
    phone: has('phone'),
    card: has('card'),
    ssn: has('ssn'),
    iban: has('iban'),
    ip: has('ip'),
    mac: has('mac'),
    credential: has('credential'),
    url: has('url'),
    pair: has('pair'),
    name: has('name'),
    address: has('address'),
    date_of_birth: has('date_of_birth'),
    encoded: has('encoded'),
  };
  if (chosen.size === 0) return scanForEncoding;
  const bytes = Buffer.alloc(2 * longest + 2);
  const lane: Lane = { bytes, codes: new Uint16Array(bytes.buffer, bytes.byteOffset, longest + 1) };
  // A source of tokens is somebody else's code and may come back here while the lane is in use.
  let isBusy = false;
  return function scanText(text) {
    if (isBusy || text.length < shortest || text.length > longest) return scanWith(seek, text, undefined);
    isBusy = true;
    try {
      bytes.write(text, 0, 'utf16le');
      lane.codes[text.length] = 0;
      return scanWith(seek, text, lane.codes);
    } finally {
      isBusy = false;
    }
  };
}

function scanWith(seek: Seek, text: string, codes: Uint16Array | undefined): Scan {
  let matches: Match[] | undefined;
  let bits = 0;
  let floor = 0;
  let encoded = 0;
  /** The last two quotation marks: what stands between them is most often a key. */
  let opening = -1;
  let closing = -1;
  const length = text.length;
  for (let at = 0; at < length; ) {
    let kind = 0;
    if (codes === undefined) {
      for (; at < length; at += 1) {
        kind = triggers[text.charCodeAt(at)] as number;
        if (kind !== 0) break;
      }
    } else {
      // Behind the last character of the lane stands one that ends this.
      for (; ; at += 1) {
        kind = triggers[codes[at] as number] as number;
        if (kind !== 0) break;
      }
    }
    if (at >= length) break;
    if (kind === quoting) {
      bits |= 1;
      opening = closing;
      closing = at;
      at += 1;
      continue;
    }
    let match: Match | null = null;
    let next = at + 1;
    if (kind === digit) {
      next = codes === undefined ? digitsEnd(text, next) : digitsEndOf(codes, next);
      if (!isNumberOfNothing(text, at, next)) match = matchNumber(seek, text, at, next, floor);
      // The rest of an id: nothing begins in the middle of a word.
      if (match === null) {
        let others = 0;
        for (; next < length; next += 1) {
          const code = codes === undefined ? text.charCodeAt(next) : (codes[next] as number);
          if (!isLetterOrDigit(code)) break;
          if (!isHex(code)) others += 1;
        }
        // Letters that no hexadecimal id has: base64, perhaps.
        if (others > 2 && next - at > 6) encoded |= 2;
      }
    } else if (kind > digit) {
      if (kind === colon) {
        if (closing === at - 1 && opening >= floor && isOrdinaryKey(seek.keys, text, opening + 1, closing)) {
          at = next;
          continue;
        }
      } else if (at > 0 && isNothing(kind, text.charCodeAt(at - 1), text.charCodeAt(next))) {
        at = next;
        continue;
      }
      if (kind === backslash) bits |= 1;
      match = matchAt(seek, text, at, kind, floor);
      if (match === null && kind >= percent && beginsEncoded(text, at, kind)) encoded |= 1;
    } else {
      bits |= 2;
      if (kind === foldable) encoded |= 1;
    }
    if (match === null) {
      at = next;
      continue;
    }
    matches ??= [];
    add(matches, match, floor);
    floor = Math.max(floor, match.end);
    at = match.end > at ? match.end : next;
  }
  if (encoded !== 0 && seek.encoded) {
    const found = findFolded(
      text,
      matches ?? noMatches,
      (encoded & 1) !== 0,
      (form) => scanWith({ ...seek, encoded: false }, form, undefined).matches,
    );
    if (found.length > 0) matches = [...found];
  }
  if (matches === undefined) return nothing[bits] ?? all;
  return { matches, needsEscape: true, needsEncoding: (bits & 2) !== 0 };
}

/** Some detectors look back into what was found before: then both are replaced as one. */
function add(matches: Match[], match: Match, floor: number): void {
  let added = match;
  while (added.start < floor) {
    const last = matches.at(-1);
    if (last === undefined || last.end <= added.start) break;
    matches.pop();
    added = { ...last, start: Math.min(last.start, added.start), end: Math.max(last.end, added.end) };
  }
  matches.push(added);
}

function digitsEndOf(codes: Uint16Array, from: number): number {
  let at = from;
  while (isDigit(codes[at] as number)) at += 1;
  return at;
}

/** `%4…`, `\u…`, `\x…`, `&#…` and `&name;`. */
function beginsEncoded(text: string, at: number, kind: number): boolean {
  if (kind < backslash && kind !== percent) return false;
  const next = text.charCodeAt(at + 1);
  if (kind === percent) return isHex(next) && isHex(text.charCodeAt(at + 2));
  if (kind === backslash) return next === 117 || next === 120;
  return kind === ampersand && (next === 35 || isEntity(text, at + 1));
}

/** A name that a semicolon ends, as all have that are read. */
function isEntity(text: string, from: number): boolean {
  let at = from;
  while (at < from + 9 && isLetter(text.charCodeAt(at))) at += 1;
  return text.charCodeAt(at) === 59;
}

const needsCare = /["\\\u0000-\u001f\u007f-\uffff]/;

/** Key rules alone: only what the encoder has to know. */
function scanForEncoding(text: string): Scan {
  return nothing[needsCare.test(text) ? 3 : 0] ?? all;
}

/** The text with every match replaced. */
export function applyMatches(text: string, matches: readonly Match[]): string {
  let out = '';
  let last = 0;
  for (const { start, end, replacement } of matches) {
    out += text.slice(last, start) + replacement;
    last = end;
  }
  return out + text.slice(last);
}
