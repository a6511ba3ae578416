/** Character classes as one table look-up: the scanner asks about every character of every line. */
const digit = 1;
const letter = 2;
const mailLocal = 4;
const base64url = 8;
const space = 16;
const hex = 32;

const classes = new Uint8Array(128);
for (let code = 0; code < 128; code += 1) {
  const char = String.fromCharCode(code);
  classes[code] =
    (/[0-9]/.test(char) ? digit : 0) |
    (/[A-Za-z]/.test(char) ? letter : 0) |
    (/[A-Za-z0-9.!#$&'+/=?^_`{|}~-]/.test(char) ? mailLocal : 0) |
    (/[A-Za-z0-9_-]/.test(char) ? base64url : 0) |
    (/\s/.test(char) ? space : 0) |
    (/[0-9A-Fa-f]/.test(char) ? hex : 0);
}

function has(code: number, kind: number): boolean {
  return code < 128 && ((classes[code] ?? 0) & kind) !== 0;
}

// NaN, which charCodeAt gives beyond the end, is in no class.
export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
export const isLetter = (code: number): boolean => has(code, letter);
export const isLetterOrDigit = (code: number): boolean => has(code, digit | letter);
export const isHex = (code: number): boolean => has(code, hex);
export const isSpace = (code: number): boolean => has(code, space);
export const isBase64Url = (code: number): boolean => has(code, base64url);
export const isMailLocal = (code: number): boolean => has(code, mailLocal);
/** A letter, a digit, an underscore, or any character beyond ASCII: what a word is made of. */
export const isWord = (code: number): boolean => code >= 128 || has(code, digit | letter) || code === 95;

/** The end of the run of digits that starts at `from`. */
export function digitsEnd(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

/** The end of a run of one class, at most `limit` characters long. */
export function runEnd(text: string, from: number, limit: number, inRun: (code: number) => boolean): number {
  const end = Math.min(text.length, from + limit);
  let at = from;
  while (at < end && inRun(text.charCodeAt(at))) at += 1;
  return at;
}
