import type { Clock } from '../base/clock.js';
import { nameOf, say } from '../base/names.js';
import { listRule, objectRule, oneOfRule, optional, readOptions, withDefault } from '../base/options.js';
import type { SecurityEvents } from '../base/ports/security-events.js';
import { type BreachedList, type BreachVerdict, commonPasswords } from './breached/breached-list.js';
import { createGuessability, type Guessability } from './guessability.js';
import { contextWords, explained, leastLength } from './judge.js';
import { createRules, type RulesOptions, type Weakness, type WeaknessContext } from './weaknesses.js';

export interface BreachedOptions {
  /** Asked in turn. Default: `[commonPasswords()]`, the list that comes with the package. */
  readonly lists?: readonly BreachedList[] | undefined;
  /**
   * What becomes of a new password when a list cannot be read. `accept` (default): it is taken, and the security event
   * `password.unchecked` says so, at most once a minute. `refuse`: nobody can set a password until the list is back.
   */
  readonly whenUnknown?: 'accept' | 'refuse' | undefined;
}

export interface NewPasswords {
  weaknesses(password: string, context: WeaknessContext): Promise<readonly Weakness[]>;
  breached(password: string): Promise<BreachVerdict>;
}

const shape = {
  lists: optional(listRule(objectRule<BreachedList>('look'))),
  whenUnknown: withDefault(oneOfRule('accept', 'refuse'), 'accept'),
};
/**
 * What zxcvbn must find a password to take, as a power of ten. 10^10 guesses is its own highest mark; beside a second
 * factor, which a guesser needs as well, 10^6: eight random small letters must do.
 */
const leastGuessesLog10 = { 15: 10, 8: 6 } as const;
const eventMs = 60_000;

/**
 * Everything that is asked of a new password, the cheapest first: the rules, the breached lists, and how many guesses
 * it takes. ASVS 5.0 V6.2.1, V6.2.4, V6.2.5, V6.2.9, V6.2.11, V6.2.12; NIST SP 800-63B-4.
 */
export function createNewPasswords(parts: {
  readonly rules: RulesOptions;
  readonly breached: BreachedOptions;
  readonly events: SecurityEvents | undefined;
  readonly clock: Clock;
  readonly guessability?: Guessability;
}): NewPasswords {
  const { events, clock, guessability = createGuessability() } = parts;
  const rules = createRules(parts.rules);
  const { lists = [commonPasswords()], whenUnknown } = readOptions('createPasswords.breached', shape, parts.breached);
  let toldMs = Number.NEGATIVE_INFINITY;

  async function tell(because: string): Promise<void> {
    if (clock.nowMs() - toldMs < eventMs) return;
    toldMs = clock.nowMs();
    await events?.record({ kind: 'password.unchecked', facts: { because: nameOf(because) } });
  }

  async function breached(password: string): Promise<BreachVerdict> {
    // Both spellings that would sign in: as it was typed, and composed.
    const spellings = new Set([password, password.normalize('NFC')]);
    let verdict: BreachVerdict = 'unlisted';
    for (const list of lists) {
      for (const spelling of spellings) {
        const own = await list.look(spelling);
        if (own === 'listed') return own;
        if (own === 'unknown') verdict = own;
      }
    }
    if (verdict === 'unknown') await tell('breached');
    return verdict;
  }

  return {
    breached,
    async weaknesses(password, context) {
      const broken = rules.weaknesses(password, context);
      if (broken.length > 0) return broken;
      const verdict = await breached(password);
      if (verdict === 'listed') return [{ code: 'breached', message: listedMessage }];
      if (verdict === 'unknown' && whenUnknown === 'refuse') return [{ code: 'unchecked', message: uncheckedMessage }];
      const guess = await guessability.judge(password, contextWords(rules.words, context));
      if (guess === undefined) await tell('guesses');
      else if (guess.guessesLog10 < leastGuessesLog10[leastLength(context.secondFactor)]) {
        return [{ code: guess.pattern, message: explained[guess.pattern] }];
      }
      return [];
    },
  };
}

const listedMessage = say`This is in a list of passwords that were stolen or are used by many. Such lists are tried first. Choose another one.`;
const uncheckedMessage = say`This could not be compared with the list of stolen passwords just now. Try again in a few minutes.`;
