import { isDigit, isWord } from './characters.js';
import type { Detection } from './finding.js';

const months = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\\.?';
const date = new RegExp(
  `^(?:(?:19|20)\\d\\d([-/.])\\d{1,2}\\1\\d{1,2}|\\d{1,2}([-/.])\\d{1,2}\\2(?:19|20)?\\d\\d|\\d{1,2}(?:st|nd|rd|th)?(?: of)?[ -]${months},?[ -](?:19|20)\\d\\d|(?:19|20)\\d{6})(?![\\d-])`,
  'i',
);
const monthFirst = new RegExp(`\\b${months} $`, 'i');
const dayAndYear = /^\d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d\d(?!\d)/;
const birthWord =
  /(?:\b(?:dob|d\.o\.b\.?|date[ _-]of[ _-]birth|birth[ _-]?(?:date|day)|born|geboren(?: am)?|geburtsdatum|née? le)\b)[^0-9\n]{0,18}$/i;

/** A date behind a word that makes it somebody's birthday; any other date is when something happened. */
export function detectBirthDate(text: string, at: number, end: number): Detection {
  const before = text.charCodeAt(at - 1);
  if (at < 4 || isWord(before) || isDigit(before) || before === 45 || before === 46 || before === 47) return null;
  // A day, a year, or all of it.
  if (end - at > 2 && end - at !== 4 && end - at !== 8) return null;
  if (end - at !== 8 && !mayFollowDay(text, end)) return null;
  const front = text.slice(Math.max(0, at - 44), at);
  if (!birthWord.test(front)) return null;
  const ahead = text.slice(at, at + 28);
  const named = monthFirst.exec(front);
  const given = named === null ? date.exec(ahead) : dayAndYear.exec(ahead);
  if (given === null) return null;
  const start = at - (named?.[0].length ?? 0);
  return {
    start,
    end: at + given[0].length,
    type: 'date_of_birth',
    rule: 'value/date-of-birth',
    replacement: '[date_of_birth]',
  };
}

/** A separator of dates, an ordinal's ending, or a blank with something behind it. */
function mayFollowDay(text: string, end: number): boolean {
  const after = text.charCodeAt(end);
  if (after === 45 || after === 46 || after === 47) return isDigit(text.charCodeAt(end + 1)) || after === 45;
  return (
    after === 44 ||
    (after === 32 && isWord(text.charCodeAt(end + 1))) ||
    after === 115 ||
    after === 116 ||
    after === 110 ||
    after === 114
  );
}
