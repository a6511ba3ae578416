import { type Statement, say } from '../base/names.js';
import { fold, guessUnits, type Pattern } from './guess-units.js';

/**
 * What both the server and the meter in a page say of a new password: its length, and how much of it is guessed first.
 * Everything from here down runs in a browser too: no Node, no library.
 */
export interface Judged {
  readonly code: 'too_short' | Pattern;
  /** For the person who chose it; holds nothing of the password. */
  readonly message: Statement;
}

export const explained: Readonly<Record<Pattern, Statement>> = {
  context: say`This is mostly your own name or address, or the name of this site. Those are tried first. Add words that have nothing to do with either.`,
  common: say`This is mostly words that many people choose. Those are tried first. Choose words that do not belong together.`,
  sequence: say`This is mostly a run along the keyboard, the alphabet or the numbers. Those are tried first. Choose several words instead.`,
  repeat: say`This is mostly the same thing over and over, so it is as weak as a short password. Choose several different words.`,
};

/** NIST SP 800-63B-4: 15 characters for a password alone, 8 beside a second factor. ASVS 5.0 V6.2.1. */
export function leastLength(secondFactor: boolean | undefined): 8 | 15 {
  return secondFactor === true ? 8 : 15;
}

export function judge(password: string, words: readonly string[], least: number): readonly Judged[] {
  const found: Judged[] = [];
  if ([...password.normalize('NFC')].length < least) {
    found.push({
      code: 'too_short',
      message: say`This is shorter than ${least} characters. Four or five words make a good password.`,
    });
  }
  const enough = Math.ceil(least / 2);
  const { count, pattern } = guessUnits(password, words, enough);
  if (pattern !== undefined && count < enough) found.push({ code: pattern, message: explained[pattern] });
  return found;
}

/** Folded, whole and in parts: "Larkspur Lane" is also "larkspur" and "lane". */
export function contextWords(
  siteWords: readonly string[],
  { email = '', words = [] }: { readonly email?: string | undefined; readonly words?: readonly string[] | undefined },
): readonly string[] {
  const at = email.lastIndexOf('@');
  const address = at < 0 ? [email] : [email.slice(0, at), email.slice(at + 1), email];
  const whole = [...siteWords, ...words, ...address];
  const parts = whole.flatMap((word) => word.split(/[^\p{L}\p{N}]+/u));
  return [...new Set([...whole, ...parts].map(fold))].filter((word) => word !== '');
}
