import { isDigit, isLetter, isWord } from './characters.js';
import { mod97Holds } from './checksums.js';
import type { Detection } from './finding.js';

/** Length of an IBAN by country (SWIFT IBAN registry). */
const lengths: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 ' +
    'FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 ' +
    'LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ' +
    'ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** An IBAN whose two check digits start at `digits`: bare or in groups, any case; length and mod 97 must hold. */
export function detectIban(text: string, digits: number): Detection {
  const start = digits - 2;
  if (start < 0 || !isLetter(text.charCodeAt(start)) || !isDigit(text.charCodeAt(digits + 1))) return null;
  if (isWord(text.charCodeAt(start - 1))) return null;
  const length = lengths.get(text.slice(start, digits).toUpperCase());
  if (length === undefined) return null;
  let plain = '';
  let at = start;
  // At most one separator between characters, so this reads fewer than 70 of them.
  for (; plain.length < length; at += 1) {
    const code = text.charCodeAt(at);
    if (isLetter(code) || isDigit(code)) plain += text[at];
    else if ((code !== 32 && code !== 45) || text.charCodeAt(at - 1) === code) return null;
  }
  if (isWord(text.charCodeAt(at)) || !mod97Holds(plain.toUpperCase())) return null;
  return { start, end: at, type: 'iban', rule: 'value/iban', replacement: '[iban]' };
}
