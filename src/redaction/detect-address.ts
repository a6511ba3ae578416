import { isWord } from './characters.js';
import type { Detection } from './finding.js';

const streetNames =
  'Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Dr|Ct|Terrace|Highway|Hwy|Parkway|Pkwy|Cir|Crescent';
/** Words for streets that are other things too (`3 Google Drive files`): only where an address goes on, or the text ends. */
const doubtful =
  '(?<!(?:Google|Hard|Disk|Flash|Tape|Thumb|Shared|Disc|Solid State|One|Network) )(?:Drive|Court|Circle|Close|Square|Way|Place)(?=,|\\.?$| Apt| Suite| Unit)';
/** `12 Larkspur Lane, Apt 4, Springfield, IL 62704`: number, capitalised words, a word for street; what follows joins. */
const numberFirst = new RegExp(
  `^\\d{1,5}[A-Z]?,? (?:[NSEW]{1,2}\\.? )?(?:[A-Z][\\p{L}'.-]{1,20} ){1,3}(?:(?:${streetNames})\\b|${doubtful})(?:\\.(?=[ ,]))?` +
    `(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|#)\\.? ?#?[\\w-]{1,6})?` +
    `(?:,? (?:[A-Z][\\p{L}.-]{1,20} ?){1,3},? [A-Z]{2},? \\d{5}(?:-\\d{4})?)?`,
  'u',
);
const streetFirst = /(?:^|[\s:,"'(=])(\p{Lu}[\p{L}-]{1,30}(?:straße|strasse|str\.|gasse|weg|allee|platz) )$/u;

/** A postal address at its house number; `end` is the end of the number. */
export function detectAddress(text: string, at: number, end: number): Detection {
  if (end - at > 5 || isWord(text.charCodeAt(at - 1))) return null;
  const next = text.charCodeAt(end + 1);
  if (text.charCodeAt(end) === 32 && ((next >= 65 && next <= 90) || next > 127)) {
    const given = numberFirst.exec(text.slice(at, at + 128));
    if (given !== null) return found(at, at + given[0].length);
  }
  return end - at < 4 && text.charCodeAt(at - 1) === 32 ? behindStreet(text, at, end) : null;
}

/** `Lindenstraße 12, 10115 Berlin` */
function behindStreet(text: string, at: number, end: number): Detection {
  const last = text.charCodeAt(at - 2);
  if (last !== 101 && last !== 46 && last !== 103 && last !== 122) return null;
  const street = streetFirst.exec(text.slice(Math.max(0, at - 48), at))?.[1];
  if (street === undefined) return null;
  const town = /^[a-z]?(?:, \d{4,5} \p{Lu}[\p{L}-]{1,30})?/u.exec(text.slice(end, end + 48));
  return found(at - street.length, end + (town?.[0].length ?? 0));
}

function found(start: number, end: number): Detection {
  return { start, end, type: 'address', rule: 'value/address', replacement: '[address]' };
}
