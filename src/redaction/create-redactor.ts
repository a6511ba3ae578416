import { SafekeepError } from '../base/errors.js';
import {
  anyRule,
  integerRule,
  listRule,
  objectRule,
  oneOfRule,
  optional,
  readOptions,
  textRule,
  withDefault,
} from '../base/options.js';
import type { ResolvedPolicy } from '../policy/rules.js';
import { createCounters } from './counters.js';
import { type DetectorName, dataTypes, detectorNames, type Finding, type Match } from './finding.js';
import { createKeyRules, type TokenSource } from './key-rules.js';
import { type OwnPattern, probeAll, withPatterns } from './patterns/own-patterns.js';
import { columnDecisions } from './policy-columns.js';
import { createScanner } from './scan-text.js';
import { createTextLayer } from './text-layer.js';
import { createWalk, type Walk } from './walk.js';

export interface RedactorLimits {
  /** Levels of objects in objects. 1 to 200, default 24. */
  readonly maxDepth?: number | undefined;
  /** Members of one object or list. 1 to 100,000, default 1,000. */
  readonly maxEntries?: number | undefined;
  /** Characters of one printed value, in all. 256 to 16 Mi, default 256 Ki. */
  readonly maxCharacters?: number | undefined;
}

export interface RedactorOptions {
  /** The application's policy: its columns print by their `logs` rule wherever a key bears their name. */
  readonly policy?: { readonly resolved: ResolvedPolicy } | undefined;
  /** Makes the tokens of columns whose rule is `token`; without it they print their label. */
  readonly pseudonyms?: TokenSource | undefined;
  /** What to look for inside texts; default all. With an empty list only the keys of objects and `Secret`s are left. */
  readonly detectors?: readonly DetectorName[] | undefined;
  /** Patterns of your own, looked for in every text. Refused unless their time grows with the text alone. At most 50. */
  readonly patterns?: readonly OwnPattern[] | undefined;
  /** Exact paths (`job.token`, `items.0.key`) whose key is not what its name says. Their values are still scanned. */
  readonly allow?: readonly string[] | undefined;
  readonly limits?: RedactorLimits | undefined;
}

export interface Redactor {
  /** A text without personal data and secrets, its control characters written out. For one line or one field. */
  text(text: string): string;
  /** A redacted plain copy, as JSON would keep it: for sinks that take objects. The original is not touched. */
  value(value: unknown): unknown;
  /** The value as one line of JSON. What JSON has no form for is `null`. */
  serialize(value: unknown): string;
  /** What `text` would replace, in order and without overlap; offsets in UTF-16 code units. */
  find(text: string): Finding[];
  /** Replacements by type since this redactor was made. */
  counters(): Readonly<Record<string, number>>;
}

/** The doors that our own adapters use. */
export interface RedactorParts extends Pick<Walk, 'begin' | 'member'> {
  /** What is to be replaced in a text, and by what; counted. Throws where the scan does. */
  matches(text: string): readonly Match[];
  /** The rule of a key of an object: `key/password`. */
  ruleOf(key: string): string | undefined;
}

const limitsShape = {
  maxDepth: withDefault(integerRule({ min: 1, max: 200 }), 24),
  maxEntries: withDefault(integerRule({ min: 1, max: 100_000 }), 1000),
  maxCharacters: withDefault(integerRule({ min: 256, max: 16_777_216 }), 262_144),
};
const optionsShape = {
  policy: optional(objectRule<{ readonly resolved: ResolvedPolicy }>()),
  pseudonyms: optional(objectRule<TokenSource>('of')),
  detectors: withDefault(listRule(oneOfRule(...detectorNames)), detectorNames),
  patterns: withDefault(listRule(anyRule<OwnPattern>()), []),
  allow: withDefault(listRule(textRule({ maxLength: 512 })), []),
  limits: withDefault(anyRule<RedactorLimits>(), {}),
};

const partsOf = new WeakMap<Redactor, RedactorParts>();

/**
 * Keeps personal data and secrets out of what is printed. One walk decides at the place where a value is written, in
 * five layers: `Secret`s print their label; columns of the policy follow their `logs` rule; keys that name a credential
 * or a personal datum are replaced at any depth, whatever their case and separators; texts are searched for e-mail
 * addresses, card, telephone, social security and account numbers, addresses of machines, tokens, keys and passwords,
 * also where those are percent-encoded, escaped or base64; control characters are written out. It never throws, never changes what it was given, and works in linear time.
 *
 * It is the second line. Names, streets and foreign telephone numbers in prose have no pattern: log fields, not
 * sentences, classify them in the policy, and open sealed values as `Secret`s. It does NOT see inside compressed
 * or encrypted bytes, and what it leaves (`***@example.com`, the last four digits, a network) is still
 * personal data to whoever can join it. ASVS 5.0 V16.2.5, V14.2.4, V16.4.1; PCI DSS 4.0.1 3.4.1, 3.5.1.
 * @throws SafekeepError ERR_PATTERN_REFUSED for a pattern of your own whose time may explode; ERR_OPTION_* for options
 *   that do not fit
 * @example
 * import { createRedactor } from 'safekeep/redaction';
 * const redactor = createRedactor();
 * redactor.text('refund for ada@example.com'); // refund for ***@example.com
 * redactor.serialize({ newPassword: 'hunter2', tokens_used: 12 }); // {"newPassword":"[password]","tokens_used":12}
 */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const { policy, pseudonyms, detectors, patterns, allow, limits } = readOptions(
    'createRedactor',
    optionsShape,
    options,
  );
  const bounds = readOptions('createRedactor limits', limitsShape, limits);
  const columns = policy === undefined ? new Map() : columnDecisions(policy.resolved, pseudonyms !== undefined);
  const labels = new Set(dataTypes.map((type) => `[${type}]`));
  const keys = createKeyRules(columns, pseudonyms, labels);
  const own = probeAll(patterns);
  for (const { type } of own) labels.add(`[${type}]`);
  const scan = withPatterns(createScanner(keys, new Set(detectors)), own);
  const counters = createCounters();
  const text = createTextLayer(scan, counters);
  const walk = createWalk({ keys, text, counters, limits: bounds, allow: new Set(allow) });
  const redactor: Redactor = Object.freeze({
    text: (given: string) => text.print(given),
    value: (given: unknown) => parsed(walk.write(given, true)),
    serialize: (given: unknown) => walk.write(given, false) ?? 'null',
    find: (given: string) =>
      scan(textOf(given)).matches.map(({ start, end, type, rule }) => ({ start, end, type, rule })),
    counters: () => counters.read(),
  });
  partsOf.set(redactor, {
    begin: walk.begin,
    member: walk.member,
    matches(given) {
      const { matches } = scan(given);
      for (const { type } of matches) counters.count(type);
      return matches;
    },
    ruleOf: (key) => keys.of(key)?.rule,
  });
  return redactor;
}

/** Callers without types pass anything: a text of it, or nothing where it has none. */
function textOf(given: unknown): string {
  try {
    return String(given);
  } catch {
    return '';
  }
}

/** The doors of a redactor that was made here. @throws SafekeepError ERR_REDACTOR_FOREIGN for anything else */
export function requireParts(redactor: Redactor): RedactorParts {
  const parts = partsOf.get(redactor);
  if (parts === undefined) throw new SafekeepError('ERR_REDACTOR_FOREIGN');
  return parts;
}

/** The doors of a redactor that was made here; undefined for anything else. */
export function redactorParts(redactor: Redactor): RedactorParts | undefined {
  return partsOf.get(redactor);
}

function parsed(json: string | undefined): unknown {
  return json === undefined ? undefined : (JSON.parse(json) as unknown);
}
