import { digitsEnd, isDigit, isHex, isLetter } from './characters.js';
import { detectCard } from './detect-card.js';
import {
  detectAuthorization,
  detectJwt,
  detectMailToken,
  detectPasswordHash,
  detectSealed,
  detectUserinfo,
} from './detect-credential.js';
import { detectEmail } from './detect-email.js';
import { detectIban } from './detect-iban.js';
import { detectIpv4, detectIpv6 } from './detect-ip.js';
import { detectPair } from './detect-pair.js';
import { detectPhone } from './detect-phone.js';
import { detectSsn } from './detect-ssn.js';
import type { DetectorName, Match } from './finding.js';
import type { KeyRules } from './key-rules.js';

/** What one pass over a text saw. */
export interface Scan {
  /** In order, without overlap; empty for most texts. */
  readonly matches: readonly Match[];
  /** There is a quotation mark, a backslash or a control character: not to be quoted by concatenation. */
  readonly needsEscape: boolean;
  /** There is something beyond ASCII. */
  readonly isWide: boolean;
}
export type ScanText = (text: string) => Scan;

const plain = 0;
const digit = 1;
const atSign = 2;
const colon = 3;
const equals = 4;
const capitalJ = 5;
const letterB = 6;
const underscore = 7;
const dollar = 8;
const percent = 9;
const control = 10;

const triggers = new Uint8Array(128);
for (let code = 0; code < 32; code += 1) triggers[code] = control;
for (const code of [34, 92, 127]) triggers[code] = control;
for (let code = 48; code < 58; code += 1) triggers[code] = digit;
const marks: readonly (readonly [string, number])[] = [
  ...([
    ['@', atSign],
    [':', colon],
    ['=', equals],
    ['J', capitalJ],
    ['B', letterB],
    ['b', letterB],
  ] as const),
  ...([
    ['_', underscore],
    ['$', dollar],
    ['%', percent],
  ] as const),
];
for (const [char, kind] of marks) triggers[char.charCodeAt(0)] = kind;

const noMatches: readonly Match[] = Object.freeze([]);
/** Shared answers: most texts have no match, and a scan must not allocate for them. */
const nothing: readonly Scan[] = [0, 1, 2, 3].map((bits) =>
  Object.freeze({ matches: noMatches, needsEscape: (bits & 1) !== 0, isWide: (bits & 2) !== 0 }),
);

/**
 * One pass over the characters. Few of them can begin or end a datum; those hand over to a detector, which reads a
 * bounded stretch back (never before the last match) and forward either a bounded stretch or what the scan then skips.
 * So the time is linear in the length for any input, which the complexity tests hold to by counting reads.
 */
export function createScanner(keys: KeyRules, chosen: ReadonlySet<DetectorName>): ScanText {
  const seeks = {
    email: chosen.has('email'),
    phone: chosen.has('phone'),
    card: chosen.has('card'),
    ssn: chosen.has('ssn'),
    iban: chosen.has('iban'),
    ip: chosen.has('ip'),
    credential: chosen.has('credential'),
    url: chosen.has('url'),
    pair: chosen.has('pair'),
  };

  function matchNumber(text: string, at: number, end: number, floor: number): Match | null {
    const before = text.charCodeAt(at - 1);
    if (isLetter(before)) {
      if (seeks.credential && before === 102 && end === at + 1) return detectSealed(text, at);
      return seeks.iban && at - 2 >= floor && end - at >= 2 ? detectIban(text, at) : null;
    }
    const length = end - at;
    // Most numbers of a log are short and stand alone: a status, a port, a duration.
    if (length < 7) {
      const after = text.charCodeAt(end);
      if (after !== 32 && after !== 45 && after !== 46 && after !== 41 && after !== 0xa0) return null;
      const next = text.charCodeAt(end + 1);
      if (!isDigit(next) && next !== 32 && next !== 40 && next !== 45) return null;
    }
    return (
      (seeks.card ? detectCard(text, at, end) : null) ??
      (seeks.ssn ? detectSsn(text, at, end) : null) ??
      (seeks.ip ? detectIpv4(text, at, end) : null) ??
      (seeks.phone ? detectPhone(text, at, end, floor) : null)
    );
  }

  function matchColon(text: string, at: number, floor: number): Match | null {
    const next = text.charCodeAt(at + 1);
    if (next === 47) return seeks.url ? detectUserinfo(text, at) : null;
    const address = seeks.ip && (isHex(next) || next === 58) ? detectIpv6(text, at, floor) : null;
    return address ?? (seeks.pair ? detectPair(text, at, floor, keys) : null);
  }

  function matchAt(text: string, at: number, kind: number, floor: number): Match | null {
    switch (kind) {
      case atSign:
        return seeks.email ? detectEmail(text, at, 1, floor) : null;
      case percent:
        return seeks.email && text.startsWith('40', at + 1) ? detectEmail(text, at, 3, floor) : null;
      case colon:
        return matchColon(text, at, floor);
      case equals:
        return seeks.pair ? detectPair(text, at, floor, keys) : null;
      case capitalJ:
        return seeks.credential ? detectJwt(text, at) : null;
      case letterB:
        return seeks.credential ? detectAuthorization(text, at) : null;
      case underscore:
        return seeks.credential ? detectMailToken(text, at) : null;
      case dollar:
        return seeks.credential ? detectPasswordHash(text, at) : null;
      default:
        return null;
    }
  }

  if (chosen.size === 0) return scanForEncoding;

  return function scanText(text) {
    let matches: Match[] | undefined;
    let bits = 0;
    let floor = 0;
    const length = text.length;
    for (let at = 0; at < length; ) {
      const code = text.charCodeAt(at);
      if (code > 127) {
        bits |= 2;
        at += 1;
        continue;
      }
      const kind = triggers[code];
      if (kind === plain || kind === undefined) {
        at += 1;
        continue;
      }
      if (kind === control) {
        bits |= 1;
        at += 1;
        continue;
      }
      let match: Match | null;
      let next = at + 1;
      if (kind === digit) {
        next = digitsEnd(text, at);
        match = matchNumber(text, at, next, floor);
      } else match = matchAt(text, at, kind, floor);
      if (match === null) {
        at = next;
        continue;
      }
      matches ??= [];
      matches.push(match);
      floor = match.end;
      at = match.end > at ? match.end : next;
    }
    if (matches === undefined) return nothing[bits] ?? { matches: noMatches, needsEscape: true, isWide: true };
    return { matches, needsEscape: true, isWide: true };
  };
}

const needsCare = /["\\\u0000-\u001f\u007f-\uffff]/;

/** Key rules alone: only what the encoder has to know. */
function scanForEncoding(text: string): Scan {
  return nothing[needsCare.test(text) ? 3 : 0] ?? { matches: noMatches, needsEscape: true, isWide: true };
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
