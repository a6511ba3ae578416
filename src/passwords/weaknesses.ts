import { type Statement, say } from '../base/names.js';
import { listRule, readOptions, textRule, withDefault } from '../base/options.js';
import { fold, guessUnits, type Pattern } from './guess-units.js';
import { mostBytes, mostCodePoints, readPasswordText } from './password-text.js';

export interface RulesOptions {
  /**
   * Names of this site, shop or product: a password that rests on them is the first guess. Up to 100 of up to 80
   * characters; default none. ASVS 5.0 V6.2.11.
   */
  readonly words?: readonly string[] | undefined;
}

/** What is known of the person whose password it is going to be. */
export interface WeaknessContext {
  /** Its local part and its domain's name count as words. */
  readonly email?: string | undefined;
  /** Other words of the person: the name, the street. */
  readonly words?: readonly string[] | undefined;
  /** True where every sign-in needs another factor too: 8 characters are enough then, otherwise 15. */
  readonly secondFactor?: boolean | undefined;
}

/** One reason against a password. */
export interface Weakness {
  readonly code: 'too_short' | 'too_long' | 'unreadable' | Pattern;
  /** For the person who chose it, in English; holds nothing of the password. */
  readonly message: Statement;
}

const rulesShape = { words: withDefault(listRule(textRule({ maxLength: 80 })), []) };

const explained: Readonly<Record<Pattern, Statement>> = {
  context: say`This is mostly your own name or address, or the name of this site. Those are tried first. Add words that have nothing to do with either.`,
  common: say`This is mostly words that many people choose. Those are tried first. Choose words that do not belong together.`,
  sequence: say`This is mostly a run along the keyboard, the alphabet or the numbers. Those are tried first. Choose several words instead.`,
  repeat: say`This is mostly the same thing over and over, so it is as weak as a short password. Choose several different words.`,
};

/**
 * The rules for a new password: length, the words of the site and the person, and what is guessed first. No demand for
 * capitals, digits or signs (ASVS 5.0 V6.2.5): they make passwords harder to remember, not to guess.
 */
export function createRules(
  options: RulesOptions,
): (password: unknown, context: WeaknessContext) => readonly Weakness[] {
  const { words: siteWords } = readOptions('createPasswords.rules', rulesShape, options);
  return function weaknesses(password, context) {
    const text = readPasswordText(password);
    if (typeof password !== 'string' || (!text.usable && text.because === 'text')) {
      return [{ code: 'unreadable', message: say`This holds a character that cannot be stored. Type it again.` }];
    }
    const least = context.secondFactor === true ? 8 : 15;
    if (password.length > 0 && !text.usable) {
      return [
        { code: 'too_long', message: say`This is longer than ${mostCodePoints} characters or ${mostBytes} bytes.` },
      ];
    }
    const found: Weakness[] = [];
    if ([...password.normalize('NFC')].length < least) {
      found.push({
        code: 'too_short',
        message: say`This is shorter than ${least} characters. Four or five words make a good password.`,
      });
    }
    const enough = Math.ceil(least / 2);
    const { count, pattern } = guessUnits(password, contextWords(siteWords, context), enough);
    if (pattern !== undefined && count < enough) found.push({ code: pattern, message: explained[pattern] });
    return found;
  };
}

/** Folded, whole and in parts: "Larkspur Lane" is also "larkspur" and "lane". */
function contextWords(siteWords: readonly string[], { email = '', words = [] }: WeaknessContext): readonly string[] {
  const at = email.lastIndexOf('@');
  const address = at < 0 ? [email] : [email.slice(0, at), email.slice(at + 1), email];
  const whole = [...siteWords, ...words, ...address];
  const parts = whole.flatMap((word) => word.split(/[^\p{L}\p{N}]+/u));
  return [...new Set([...whole, ...parts].map(fold))];
}
