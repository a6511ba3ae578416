import { isDigit, isHex, isLetter, isWord } from './characters.js';
import { detectAddress } from './detect-address.js';
import { detectApiKey, detectPrivateKey } from './detect-api-key.js';
import { detectBirthDate } from './detect-birth.js';
import { detectCard } from './detect-card.js';
import {
  detectAuthorization,
  detectJwt,
  detectMailToken,
  detectPasswordHash,
  detectSealed,
  detectUserinfo,
} from './detect-credential.js';
import { detectElement, detectFlag } from './detect-element.js';
import { detectEmail } from './detect-email.js';
import { detectIban } from './detect-iban.js';
import { detectIpv4, detectIpv6 } from './detect-ip.js';
import { detectDottedMac, detectMac } from './detect-mac.js';
import { detectDisplayName, detectTitledName } from './detect-name.js';
import { detectPair } from './detect-pair.js';
import { detectPathToken } from './detect-path-token.js';
import { detectPhone, hasEnoughDigits, looksLikeDate } from './detect-phone.js';
import { detectSsn } from './detect-ssn.js';
import { detectFormField, detectSqlPassword } from './detect-statement.js';
import { detectTrack1, detectTrack2, detectVerification } from './detect-verification.js';
import type { DetectorName, Match } from './finding.js';
import type { KeyRules } from './key-rules.js';
import * as trigger from './trigger-table.js';

/** What a scanner looks for. The functions below take it as an argument: one code for all scanners of a process. */
export interface Seek extends Readonly<Record<DetectorName, boolean>> {
  readonly keys: KeyRules;
}

/** Asks the detectors of a character that is neither a digit nor nothing. */
export function matchAt(seek: Seek, text: string, at: number, kind: number, floor: number): Match | null {
  switch (kind) {
    case trigger.atSign:
      return seek.email ? detectEmail(text, at, 1, floor) : null;
    case trigger.colon:
      return matchColon(seek, text, at, floor);
    case trigger.equals:
      if (!seek.pair) return null;
      return (
        (text.charCodeAt(at + 1) === 34 ? detectFormField(text, at, seek.keys) : null) ??
        detectPair(text, at, floor, seek.keys)
      );
    case trigger.hyphen:
      return matchHyphen(seek, text, at);
    case trigger.dot:
      return matchDot(seek, text, at);
    case trigger.slash:
      return seek.url ? detectPathToken(text, at) : null;
    case trigger.letterB:
      return seek.credential ? detectAuthorization(text, at) : null;
    case trigger.capitalJ:
      return seek.credential ? detectJwt(text, at) : null;
    case trigger.underscore:
      return seek.credential ? (detectMailToken(text, at) ?? detectApiKey(text, at)) : null;
    case trigger.capitalI:
      return seek.credential ? detectApiKey(text, at) : null;
    case trigger.dollar:
      return seek.credential ? detectPasswordHash(text, at) : null;
    case trigger.percent:
      if (seek.card && isDigit(text.charCodeAt(at + 2)) && (text.charCodeAt(at + 1) | 32) === 98)
        return detectTrack1(text, at);
      return seek.email && text.startsWith('40', at + 1) ? detectEmail(text, at, 3, floor) : null;
    case trigger.apostrophe:
      return seek.pair ? detectSqlPassword(text, at) : null;
    case trigger.less:
      return (
        (seek.pair ? detectElement(text, at, floor, seek.keys) : null) ??
        (seek.name ? detectDisplayName(text, at, floor) : null)
      );
    default:
      return null;
  }
}

function matchColon(seek: Seek, text: string, at: number, floor: number): Match | null {
  const before = text.charCodeAt(at - 1);
  if (before === 34) return seek.pair ? detectPair(text, at, floor, seek.keys) : null;
  const next = text.charCodeAt(at + 1);
  if (next === 47) return seek.url ? detectUserinfo(text, at) : null;
  const machine = seek.mac && text.charCodeAt(at + 3) === 58 ? detectMac(text, at) : null;
  if (machine !== null) return machine;
  // `10:11`: two digits behind something that is no part of a word are a time.
  if (isDigit(next) && isDigit(before) && isDigit(text.charCodeAt(at - 2)) && !isWord(text.charCodeAt(at - 3)))
    return null;
  const address = seek.ip && (isHex(next) || next === 58) ? detectIpv6(text, at, floor) : null;
  return address ?? (seek.pair ? detectPair(text, at, floor, seek.keys) : null);
}

const longestKey = 48;

/** `"status":` and its like, most of what a line of JSON asks: a key in plain quotation marks that has no rule. */
export function isOrdinaryKey(keys: KeyRules, text: string, start: number, end: number): boolean {
  const length = end - start;
  return (
    length > 0 && length < longestKey && text.charCodeAt(end - 1) !== 92 && keys.ofSpan(text, start, end) === undefined
  );
}

function matchHyphen(seek: Seek, text: string, at: number): Match | null {
  if (text.charCodeAt(at + 3) === 45 && seek.mac) {
    const machine = detectMac(text, at);
    if (machine !== null) return machine;
  }
  if (text.charCodeAt(at + 1) === 45) {
    return (
      (seek.credential ? detectPrivateKey(text, at) : null) ?? (seek.pair ? detectFlag(text, at, seek.keys) : null)
    );
  }
  if (!seek.credential) return null;
  return mayEndPrefix(text.charCodeAt(at - 2), text.charCodeAt(at - 1)) ? detectApiKey(text, at) : null;
}

/** The last letters of `sk-`, `glpat-`, `xapp-`, `pypi-` and `xoxb-`. */
function mayEndPrefix(first: number, last: number): boolean {
  if (last === 107) return first === 115;
  if (last === 116) return first === 97;
  if (last === 112 && first === 112) return true;
  return last === 105 ? first === 112 : first === 120;
}

function matchDot(seek: Seek, text: string, at: number): Match | null {
  const before = text.charCodeAt(at - 1);
  if (text.charCodeAt(at + 5) === 46 && seek.mac) return detectDottedMac(text, at);
  if (seek.credential && endsDottedPrefix(text.charCodeAt(at - 2), before)) {
    const key = detectApiKey(text, at);
    if (key !== null) return key;
  }
  return seek.name ? detectTitledName(text, at) : null;
}

/** The last letters of `SG.`, `ya29.` and `hvs.`. */
function endsDottedPrefix(first: number, last: number): boolean {
  return (last === 71 && first === 83) || (last === 57 && first === 50) || (last === 115 && first === 118);
}

/** Asks the detectors that begin at a run of digits. */
export function matchNumber(seek: Seek, text: string, at: number, end: number, floor: number): Match | null {
  const before = text.charCodeAt(at - 1);
  if (isLetter(before)) {
    if (seek.credential && before === 102 && end === at + 1) return detectSealed(text, at);
    return seek.iban && at - 2 >= floor && end - at >= 2 ? detectIban(text, at) : null;
  }
  const length = end - at;
  if (length < 4 && seek.ip && text.charCodeAt(end) === 46) {
    const address = detectIpv4(text, at, end);
    if (address !== null) return address;
  }
  if (seek.card && length >= 12 && text.charCodeAt(end) === 61) {
    const track = detectTrack2(text, at);
    if (track !== null) return track;
  }
  const inContext = length < 9 ? shortNumber(seek, text, at, end) : null;
  if (inContext !== null) return inContext;
  if (!hasEnoughDigits(text, at) || looksLikeDate(text, at, end)) return null;
  return (
    (seek.card ? detectCard(text, at, end) : null) ??
    (seek.ssn ? detectSsn(text, at, end) : null) ??
    (seek.phone ? detectPhone(text, at, end, floor) : null)
  );
}

/** What only the words around make personal: a birthday, a house number, a code. */
function shortNumber(seek: Seek, text: string, at: number, end: number): Match | null {
  const front = text.charCodeAt(at - 1);
  // In structures it is the key that tells: `"n":7`, `n=7`, and the inside of a date or a version.
  const inSentence = front === 32 || front === 40;
  if (!inSentence && at !== 0) return null;
  return (
    (seek.card ? detectVerification(text, at, end) : null) ??
    (seek.date_of_birth ? detectBirthDate(text, at, end) : null) ??
    (seek.address ? detectAddress(text, at, end) : null)
  );
}

/** Most numbers of a log are short and stand alone: a status, a port, a duration, a part of an id. */
export function isNumberOfNothing(text: string, at: number, end: number): boolean {
  const length = end - at;
  const before = text.charCodeAt(at - 1);
  // `sf1.`, and an IBAN's country at the beginning of a word; everything else is inside an id.
  if (isLetter(before)) {
    if (length === 1) return before !== 102 || text.charCodeAt(end) !== 46;
    return !isLetter(text.charCodeAt(at - 2)) || isWord(text.charCodeAt(at - 3));
  }
  if (isWord(before)) return length < 12;
  const after = text.charCodeAt(end);
  if (length > 6) return isLetter(after) && (after | 32) !== 120;
  // What only its context can tell of stands behind a blank.
  if (before === 32 || before === 40 || at === 0) return false;
  if (after !== 32 && after !== 45 && after !== 46 && after !== 41 && after !== 0xa0) return true;
  const next = text.charCodeAt(end + 1);
  return !isDigit(next) && next !== 32 && next !== 40 && next !== 45;
}
