import { type Statement, say } from '../base/names.js';
import { listRule, readOptions, textRule, withDefault } from '../base/options.js';
import type { Pattern } from './guess-units.js';
import { contextWords, judge, leastLength } from './judge.js';
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
  readonly code: 'too_short' | 'too_long' | 'unreadable' | 'breached' | 'unchecked' | Pattern;
  /** For the person who chose it, in English; holds nothing of the password. */
  readonly message: Statement;
}

export interface Rules {
  /** Those of the site. */
  readonly words: readonly string[];
  weaknesses(password: unknown, context: WeaknessContext): readonly Weakness[];
}

const rulesShape = { words: withDefault(listRule(textRule({ maxLength: 80 })), []) };

/**
 * The rules for a new password: length, the words of the site and the person, and what is guessed first. No demand for
 * capitals, digits or signs (ASVS 5.0 V6.2.5): they make passwords harder to remember, not to guess.
 */
export function createRules(options: RulesOptions): Rules {
  const { words } = readOptions('createPasswords.rules', rulesShape, options);
  function weaknesses(password: unknown, context: WeaknessContext): readonly Weakness[] {
    const text = readPasswordText(password);
    if (typeof password !== 'string' || (!text.usable && text.because === 'text')) {
      return [{ code: 'unreadable', message: say`This holds a character that cannot be stored. Type it again.` }];
    }
    if (password.length > 0 && !text.usable) {
      return [
        { code: 'too_long', message: say`This is longer than ${mostCodePoints} characters or ${mostBytes} bytes.` },
      ];
    }
    return judge(password, contextWords(words, context), leastLength(context.secondFactor));
  }
  return { words, weaknesses };
}
