import { isBase64Url, isHex, isLetter, isLetterOrDigit, isMailLocal, isWord } from './characters.js';
import * as trigger from './trigger-table.js';

type Class = (code: number) => boolean;
const any: Class = () => true;
const oneOf = (chars: string): Class => {
  const codes = new Set([...chars].map((char) => char.charCodeAt(0)));
  return (code) => codes.has(code);
};

/**
 * What has to stand before and behind a character for any of its detectors to find something: most of the dots, dashes
 * and slashes of a log are done with two look-ups. It may let too much through and never too little.
 */
const rules: readonly (readonly [kind: number, before: Class, behind: Class])[] = [
  [trigger.atSign, (code) => isMailLocal(code) || code === 34, isBase64Url],
  // The last letter of `ey`.
  [trigger.capitalJ, oneOf('y'), isBase64Url],
  [trigger.letterB, (code) => !isWord(code), oneOf('aeAE')],
  [trigger.underscore, isWord, isBase64Url],
  [trigger.dollar, any, isLetterOrDigit],
  [trigger.percent, any, isHex],
  [trigger.hyphen, any, isBase64Url],
  // A hardware address, `SG.`, `hvs.`, `ya29.`; `Mr. `, `Prof. `.
  [trigger.dot, (code) => isHex(code) || oneOf('Gsr')(code), (code) => isBase64Url(code) || code === 32],
  [trigger.slash, oneOf('tylnecskrwTYLNECSKRW'), (code) => isBase64Url(code) || oneOf('.~=')(code)],
  [trigger.capitalI, oneOf('KSA'), isLetterOrDigit],
  [trigger.apostrophe, oneOf(' '), any],
  [trigger.ampersand, any, (code) => code === 35 || isLetter(code)],
];

/** One bit per kind; the last entry is for everything beyond ASCII and for the end of the text. */
const mayStandBefore = new Int32Array(129).fill(-1);
const mayStandBehind = new Int32Array(129).fill(-1);
for (let code = 0; code < 128; code += 1) {
  for (const [kind, before, behind] of rules) {
    if (!before(code)) mayStandBefore[code] = (mayStandBefore[code] ?? 0) & ~(1 << kind);
    if (!behind(code)) mayStandBehind[code] = (mayStandBehind[code] ?? 0) & ~(1 << kind);
  }
}

/** True where no detector of that kind of character finds anything between these two. */
export function isNothing(kind: number, before: number, behind: number): boolean {
  const front = mayStandBefore[before < 128 ? before : 128] as number;
  return (front & (mayStandBehind[behind < 128 ? behind : 128] as number) & (1 << kind)) === 0;
}
