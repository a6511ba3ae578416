import { commonWords, sequences } from './guesses.js';

/** What makes a stretch of a password easy to guess. */
export type Pattern = 'context' | 'common' | 'sequence' | 'repeat';

export interface Units {
  /** How many independent things a guesser has to get right: a word, a run or a repeat is one, like a character. */
  readonly count: number;
  /** The pattern that covers most of it; undefined where none does. */
  readonly pattern: Pattern | undefined;
}

const shortest = 3;
const yearPattern = /^(?:19|20)\d\d/;

/**
 * Counts what is left of a password when everything that is guessed first is taken as one thing: words of the site and
 * the person, common words, runs along the alphabet or the keyboard, years, and what stood in it before. Capitals,
 * blanks and the usual swaps of letters for digits add nothing, because guessers try them by rule.
 *
 * A rough count that errs on the side of letting a password pass; no estimate of its strength.
 * @param words folded context words
 * @param enough where counting ends: it bounds the work, whatever was typed
 */
export function guessUnits(password: string, words: readonly string[], enough: number): Units {
  const plain = fold(password);
  const candidates = [plain, unswap(plain, 'i'), unswap(plain, 'l')].map((text) => count(text, words, enough));
  return candidates.reduce((least, units) => (units.count < least.count ? units : least));
}

/** Lower case, composed, without what people put between words. */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{Pd}_.,;:'’"/\\|+]/gu, '');
}

function unswap(text: string, one: 'i' | 'l'): string {
  const letters: Readonly<Record<string, string>> = {
    '@': 'a',
    '4': 'a',
    '0': 'o',
    '3': 'e',
    $: 's',
    '5': 's',
    '7': 't',
    '!': 'i',
    '1': one,
  };
  return text.replace(/[@40$3571!]/g, (sign) => letters[sign] ?? sign);
}

function count(text: string, words: readonly string[], enough: number): Units {
  const covered = new Map<Pattern, number>();
  let units = 0;
  for (let at = 0; at < text.length && units < enough; units += 1) {
    const [length, pattern] = longestAt(text, at, words);
    if (pattern !== undefined) covered.set(pattern, (covered.get(pattern) ?? 0) + length);
    at += length;
  }
  const [most] = [...covered].sort(([, a], [, b]) => b - a);
  return { count: units, pattern: most?.[0] };
}

/** The longest guessable stretch that begins here, or one character. On equal length the more telling name wins. */
function longestAt(text: string, at: number, words: readonly string[]): readonly [length: number, pattern?: Pattern] {
  const found: (readonly [number, Pattern])[] = [
    [longestWord(text, at, words), 'context'],
    [longestWord(text, at, commonWords), 'common'],
    [yearPattern.test(text.slice(at, at + 4)) ? 4 : 0, 'sequence'],
    [longestRun(at, (length) => sequences.some((row) => row.includes(text.slice(at, at + length))), text), 'sequence'],
    [longestRun(at, (length) => text.indexOf(text.slice(at, at + length)) < at, text), 'repeat'],
  ];
  const best = found.reduce((longest, next) => (next[0] > longest[0] ? next : longest));
  if (best[0] >= shortest) return best;
  return [text.codePointAt(at)! > 0xffff ? 2 : 1];
}

function longestWord(text: string, at: number, words: readonly string[]): number {
  let longest = 0;
  for (const word of words) if (word.length > longest && text.startsWith(word, at)) longest = word.length;
  return longest;
}

function longestRun(at: number, holds: (length: number) => boolean, text: string): number {
  let length = shortest;
  while (at + length <= text.length && holds(length)) length += 1;
  return length > shortest ? length - 1 : 0;
}
