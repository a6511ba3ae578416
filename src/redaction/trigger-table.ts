/** What a character may begin or end. Numbers, because the scanner compares one for every character of every line. */
export const quoting = 1;
export const control = 2;
export const wide = 3;
export const foldable = 4;
export const digit = 5;
export const atSign = 6;
export const colon = 7;
export const equals = 8;
export const capitalJ = 9;
export const letterB = 10;
export const underscore = 11;
export const dollar = 12;
export const percent = 13;
export const hyphen = 14;
export const dot = 15;
export const slash = 16;
export const capitalI = 17;
export const apostrophe = 18;
export const less = 19;
export const backslash = 20;
export const ampersand = 21;

/** One entry per UTF-16 code unit, so that a look-up needs no bounds; only the first lines of it are ever warm. */
export const triggers: Uint8Array = new Uint8Array(65_536).fill(wide, 128);
triggers.fill(control, 0, 32);
triggers.fill(digit, 48, 58);
const marks: readonly (readonly [string, number])[] = [
  ['\u007f', control],
  ['"', quoting],
  ['@', atSign],
  [':', colon],
  ['=', equals],
  ['J', capitalJ],
  ['Bb', letterB],
  ['_', underscore],
  ['$', dollar],
  ['%', percent],
  ['-', hyphen],
  ['.', dot],
  ['/', slash],
  ['I', capitalI],
  ["'", apostrophe],
  ['<', less],
  ['\\', backslash],
  ['&', ampersand],
];
for (const [chars, kind] of marks) for (const char of chars) triggers[char.charCodeAt(0)] = kind;

/** Letters of other alphabets that look like ours, each with what it looks like. */
export const lookalikes: ReadonlyMap<number, string> = new Map(
  [...'аaеeоoрpсcхxуyіiјjѕsԁdԛqѡwАAВBЕEКKМMНHОOРPСCТTХXοoαaνvΑAΒBΕEΗHΙIΚKΜMΝNΟOΡPΤTΧXΥYΖZ'].flatMap(
    (char, at, all): (readonly [number, string])[] => (at % 2 === 0 ? [[char.charCodeAt(0), all[at + 1] ?? '']] : []),
  ),
);
/**
 * What nobody sees between two digits: soft hyphen, combining marks, fillers, zero-width and bidirectional characters,
 * word joiner, variation selectors, byte order mark, and the private use area, which no font of a log viewer shows.
 */
const unseen: readonly (readonly [first: number, last: number])[] = [
  [0xad, 0xad],
  [0x300, 0x36f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xe000, 0xf8ff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
];
export const isInvisible = (code: number): boolean => unseen.some(([first, last]) => code >= first && code <= last);
/** The first half of a tag character or of one from the private planes: with its second half it is as invisible. */
export const beginsInvisible = (code: number): boolean => code === 0xdb40 || (code >= 0xdb80 && code <= 0xdbff);
/** Digits and letters in another form: Arabic-Indic, Devanagari, circled, full-width; mathematical ones lie beyond. */
/** Blanks of other widths, as typesetting puts them into numbers. */
export const isOtherBlank = (code: number): boolean =>
  code === 0xa0 || (code >= 0x2000 && code <= 0x200a) || code === 0x202f || code === 0x205f || code === 0x3000;
export const isOtherForm = (code: number): boolean =>
  isOtherBlank(code) ||
  (code >= 0x660 && code <= 0x669) ||
  (code >= 0x6f0 && code <= 0x6f9) ||
  (code >= 0x966 && code <= 0x96f) ||
  (code >= 0xff01 && code <= 0xff5e) ||
  code === 0xd835 ||
  (code >= 0x2010 && code <= 0x2015) ||
  (code >= 0x2070 && code <= 0x2089);
for (let code = 128; code < 65_536; code += 1)
  if (isInvisible(code) || beginsInvisible(code) || isOtherForm(code)) triggers[code] = foldable;
for (const code of lookalikes.keys()) triggers[code] = foldable;
