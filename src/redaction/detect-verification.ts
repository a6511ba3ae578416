import { isDigit } from './characters.js';
import type { Detection } from './finding.js';

const codeWord =
  /(?:^|[^\p{L}\p{N}])(cvv2?|cvc2?|csc|cav2|card verification(?: (?:code|value|number))?|security code|pin(?: code| number)?)(?: (?:is|was|code|number|of))?[ :#=]{1,3}$/iu;

/** What `codeWord` ends with, by its last three letters: most numbers are done with one look-up. */
const lastLetters = new Set(
  ['cvv', 'vv2', 'cvc', 'vc2', 'csc', 'av2', 'ode', 'lue', 'ber', 'pin', ' is', 'was', ' of'].map((last) =>
    threeLetters(last, last.length),
  ),
);

function threeLetters(text: string, end: number): number {
  return (
    ((text.charCodeAt(end - 3) | 32) << 16) | ((text.charCodeAt(end - 2) | 32) << 8) | (text.charCodeAt(end - 1) | 32)
  );
}

function mayEndWord(text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1);
  return last === 58 || last === 35 || last === 61 || last === 32 || lastLetters.has(threeLetters(text, end));
}

/** Three to six digits behind a word for a card's verification code or a PIN, in a sentence: nothing may be kept. */
export function detectVerification(text: string, start: number, end: number): Detection {
  if (end - start < 3 || end - start > 6 || text.charCodeAt(start - 1) !== 32) return null;
  if (!mayEndWord(text, start - 1)) return null;
  if (text.charCodeAt(end) === 46 && isDigit(text.charCodeAt(end + 1))) return null;
  const word = codeWord.exec(text.slice(Math.max(0, start - 36), start))?.[1];
  if (word === undefined) return null;
  const type = word.startsWith('p') || word.startsWith('P') ? 'pin' : 'card_verification';
  if (type === 'pin' && end - start < 4) return null;
  return { start, end, type, rule: `value/${type.replace('_', '-')}`, replacement: `[${type}]` };
}

const track1 = /^%[Bb]\d{12,19}\^[^^?\r\n]{2,26}\^[^?\r\n]{0,60}\??/;
const track2 = /^;?\d{12,19}=\d{7,24}\??/;

/** The stripe of a card, first track at its `%`. */
export function detectTrack1(text: string, start: number): Detection {
  const given = track1.exec(text.slice(start, start + 120));
  return given === null ? null : trackOf(start, start + given[0].length);
}

/** Second track at its digits, which `=` follows. */
export function detectTrack2(text: string, digits: number): Detection {
  const start = text.charCodeAt(digits - 1) === 59 ? digits - 1 : digits;
  const given = track2.exec(text.slice(start, start + 48));
  return given === null ? null : trackOf(start, start + given[0].length);
}

function trackOf(start: number, end: number): Detection {
  return { start, end, type: 'card_track', rule: 'value/card-track', replacement: '[card_track]' };
}
