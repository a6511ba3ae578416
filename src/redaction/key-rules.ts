import { isCardNumber } from './detect-card.js';
import type { DataType } from './finding.js';
import { foldKey, type KeyWord, wordOfKey } from './key-words.js';
import { type MaskName, maskOf } from './masks.js';
import type { ColumnDecision } from './policy-columns.js';

/** What is done with the value of a key. No rule at all: the value is walked and scanned. */
export interface KeyRule {
  readonly type: DataType;
  readonly rule: string;
  readonly label: string;
  readonly mask: MaskName | undefined;
  /** The pseudonym's type, where the value becomes a token. */
  readonly token: string | undefined;
  /** Objects go whole too. Built-in personal rules walk them: `email: { template: 'reset' }`. */
  readonly whole: boolean;
  /** A credential: also recognised as `name: value` in prose. */
  readonly secret: boolean;
}

/** The pseudonyms of `safekeep/hashing`, or anything that gives a keyed token. */
export interface TokenSource {
  of(type: string, value: string): string;
}

export interface KeyRules {
  /** The rule of a key of an object. */
  of(key: string): KeyRule | undefined;
  /** The same for a word in a text, remembered apart: words of strangers must not push out the keys of objects. */
  ofText(key: string): KeyRule | undefined;
  /** The same for what stands in the text from `start` to `end`, without cutting it out where it was seen before. */
  ofSpan(text: string, start: number, end: number): KeyRule | undefined;
  /** The rule of a parameter in a query or a form, where more names are secrets. */
  ofParameter(text: string, start: number, end: number): KeyRule | undefined;
  /** What is printed for a plain value under a rule: mask, token or label. */
  replace(rule: KeyRule, value: string): string;
  /** True for a text that this redactor printed: redacting a line twice changes nothing. */
  isLabel(text: string): boolean;
}

const mostRemembered = 2048;
const longestRemembered = 64;
/** A place for a key seen in texts, by its length and a few characters. */
const places = 512;
interface Known {
  readonly name: string;
  readonly rule: KeyRule | undefined;
}
/** A card number alone, in groups perhaps. */
function isCardText(value: string): boolean {
  return value.length < 48 && /^[\s\d._-]+$/.test(value) && isCardNumber(value.replace(/\D/g, ''));
}
const tokenForm = /^t1:[a-z][a-z0-9_.-]{0,63}:[0-9a-f]{8}:[A-Za-z0-9_-]{22}$/;

export function createKeyRules(
  columns: ReadonlyMap<string, ColumnDecision>,
  tokens: TokenSource | undefined,
  labels: Set<string>,
): KeyRules {
  const byKey = new Map<string, KeyRule | undefined>();
  const byWord = new Map<string, KeyRule | undefined>();
  const byParameter = new Map<string, KeyRule | undefined>();

  function decide(key: string, isParameter: boolean): KeyRule | undefined {
    const column = columns.size === 0 ? undefined : columns.get(foldKey(key));
    const word = wordOfKey(key, isParameter);
    if (column === undefined || column.logs === 'show') return word === undefined ? undefined : ruleOfWord(word);
    // A credential's name wins over a column that may be masked or tokenised: the stricter of two rules.
    if (word?.secret === true && column.logs !== 'drop') return ruleOfWord(word);
    return ruleOfColumn(column);
  }

  function ruleOfWord(word: KeyWord): KeyRule {
    const { type, mask, secret } = word;
    return { type, rule: `key/${type}`, label: labelOf(type), mask, token: undefined, whole: secret, secret };
  }

  function ruleOfColumn(column: ColumnDecision): KeyRule {
    const { type, rule, mask } = column;
    const token = column.logs === 'token' ? column.kind : undefined;
    return { type, rule, label: labelOf(type), mask, token, whole: true, secret: false };
  }

  function labelOf(type: string): string {
    const label = `[${type}]`;
    labels.add(label);
    return label;
  }

  /** Decisions are cached: keys repeat. Long or many different keys come from data and are not kept. */
  function remembered(cache: Map<string, KeyRule | undefined>, key: string, isParameter: boolean): KeyRule | undefined {
    const known = cache.get(key);
    if (known !== undefined || cache.has(key)) return known;
    const rule = decide(key, isParameter);
    if (key.length <= longestRemembered) {
      if (cache.size >= mostRemembered) cache.clear();
      cache.set(key, rule);
    }
    return rule;
  }

  function isLabel(text: string): boolean {
    return text.length <= 120 && (labels.has(text) || /^\[(?:card|phone) \d{2,4}\]$/.test(text));
  }

  const words = createSpans((name) => remembered(byWord, name, false));
  const names = createSpans((name) => remembered(byParameter, name, true));

  return {
    ofSpan: words,
    of: (key) => remembered(byKey, key, false),
    ofText: (key) => remembered(byWord, key, false),
    ofParameter: names,
    isLabel,
    replace(rule, value) {
      if (isLabel(value)) return value;
      if (rule.token !== undefined && tokens !== undefined) {
        if (tokenForm.test(value)) return value;
        // Free text shows a card's last four: a token of the same card in one log would let both be joined.
        if (isCardText(value)) return rule.label;
        try {
          return tokens.of(rule.token, value);
        } catch {
          return rule.label;
        }
      }
      if (rule.mask === undefined) return rule.label;
      if (rule.mask === 'email' && value.startsWith('***@') && maskOf('email', value.slice(2)) !== undefined)
        return value;
      return maskOf(rule.mask, value) ?? rule.label;
    },
  };
}

type RuleOfSpan = (text: string, start: number, end: number) => KeyRule | undefined;

/** The rule of a name that stands in a text, without cutting out what was seen at its place of the table before. */
function createSpans(ruleOf: (name: string) => KeyRule | undefined): RuleOfSpan {
  const known: Known[] = Array.from({ length: places }, () => ({ name: '', rule: undefined }));
  return function ofSpan(text, start, end) {
    const length = end - start;
    const ends = text.charCodeAt(start) + 31 * text.charCodeAt(end - 1);
    const place = (ends + 7 * text.charCodeAt(start + (length >> 1)) + 61 * length) & (places - 1);
    const seen = known[place];
    if (seen !== undefined && seen.name.length === length && text.startsWith(seen.name, start)) return seen.rule;
    // A copy of its own: a slice would keep the whole line alive.
    const name = Buffer.from(text.slice(start, end), 'utf16le').toString('utf16le');
    const rule = ruleOf(name);
    known[place] = { name, rule };
    return rule;
  };
}
