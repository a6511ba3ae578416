import { types } from 'node:util';
import { SafekeepError } from '../base/errors.js';
import { type Redactor, type RedactorParts, redactorParts } from './create-redactor.js';
import { type PinoSymbols, publicSymbols, splitBindings, symbolsOf } from './pino-line.js';
import { unreadable } from './text-layer.js';

/** As much of a pino logger as is asked of it; the full type passes through. */
export interface PinoLike {
  child(bindings: object): unknown;
  info(...args: never[]): void;
}
type Fields = Record<PropertyKey, unknown>;
type Serializer = (value: unknown) => unknown;
type Serializers = Readonly<Record<PropertyKey, Serializer | undefined>>;

const hasOwn = Object.prototype.hasOwnProperty;
const mostBindings = 256;

/**
 * Makes a pino logger print redacted lines only: bindings (of children made before or after, too), the object, the
 * message with its arguments, errors, what serializers, mixins and `formatters.log` return. The logger itself is
 * changed and returned, so a module that already holds it is covered. Clean lines come out byte for byte as pino's.
 *
 * pino has no option for a serializer, so its line writer is replaced on the logger and then tried with a planted
 * value; where that does not hold (another major version), the official `hooks.streamWrite` parses and rewrites each
 * finished line, which is slower. It does NOT cover a stream that reads pino's `lastObj`, or subscribers of pino's
 * diagnostics channel. ASVS 5.0 V16.2.5, V16.4.1.
 * @throws SafekeepError ERR_LOGGER_UNSUPPORTED for a logger on which neither way holds; ERR_REDACTOR_FOREIGN for a
 *   redactor that `createRedactor` did not make
 * @example
 * import { pino } from 'pino';
 * import { createRedactor, redactPino } from 'safekeep/redaction';
 * const log = redactPino(pino(), createRedactor());
 * log.info({ email: 'ada@example.com', password: 'hunter2' }, 'signed in');
 */
export function redactPino<L extends PinoLike>(logger: L, redactor: Redactor): L {
  const parts = redactorParts(redactor);
  if (parts === undefined) throw new SafekeepError('ERR_REDACTOR_FOREIGN');
  if (!isObject(logger)) throw new SafekeepError('ERR_LOGGER_UNSUPPORTED');
  const fields = logger as Fields;
  const symbols = symbolsOf(logger);
  if (symbols !== undefined) {
    const own = { asJson: fields[symbols.asJson], formatOpts: fields[symbols.formatOpts] };
    fields[symbols.asJson] = lineWriter(symbols, parts);
    // `%o`, `%O` and `%j` become text before the line is written: keys must be known while there still are keys.
    fields[symbols.formatOpts] = { stringify: (value: unknown) => redactor.serialize(value) };
    if (holds(fields, symbols)) return logger;
    fields[symbols.asJson] = own.asJson;
    fields[symbols.formatOpts] = own.formatOpts;
  }
  rewriteLines(fields, redactor);
  return logger;
}

/** pino's own line writer with our walk inside; the order of members is pino's. */
function lineWriter(
  symbols: PinoSymbols,
  parts: RedactorParts,
): (this: Fields, object: unknown, message: unknown, level: number, time: string) => string {
  const bindings = createBindings(parts);

  return function redactedLine(object, message, level, time) {
    const state = parts.begin();
    const serializers = (this[publicSymbols.serializers] ?? {}) as Serializers;
    const stringifiers = (this[symbols.stringifiers] ?? {}) as Serializers;
    const wildcard = stringifiers[symbols.wildcardFirst];
    const errorKey = this[symbols.errorKey];
    const messageKey = this[symbols.messageKey] as string;
    const { log } = (this[publicSymbols.formatters] ?? {}) as { readonly log?: Serializer };
    const fields = (log === undefined ? object : attempt(log, object)) as Fields | null | undefined;
    const asks = hasOthers(serializers, 'err') || wildcard !== undefined || hasOthers(stringifiers, undefined);
    let line = '';
    const written = (key: string, value: unknown): string => {
      const serializer = serializers[key] ?? (key === errorKey ? serializers['err'] : undefined);
      return parts.member(key, prepared(value, serializer, stringifiers[key] ?? wildcard), state);
    };
    if (isPlain(fields)) {
      // Faster than a list of keys, and for what has no trap and no class the same.
      for (const key in fields) {
        if (!hasOwn.call(fields, key)) continue;
        let value: unknown;
        try {
          value = fields[key];
        } catch {
          value = unreadable;
        }
        if (value === undefined) continue;
        line += asks || key === 'err' || key === errorKey ? written(key, value) : parts.member(key, value, state);
      }
    } else {
      for (const key of ownKeys(fields)) {
        const value = readField(fields, key);
        if (value !== undefined) line += written(key, value);
      }
    }
    if (line !== '' && this[symbols.nestedKey]) line = `${String(this[symbols.nestedKeyStr])}${line.slice(1)}}`;
    if (message !== undefined) {
      const value = prepared(message, serializers[messageKey], stringifiers[messageKey] ?? wildcard);
      line += parts.member(messageKey, value, state);
    }
    const start = (this[symbols.lsCache] as Fields)[level] as string;
    return start + time + bindings(this[symbols.chindings] as string) + line + (this[symbols.end] as string);
  };
}

/** The value after the application's serializer, and after pino's own redact option where one is set. */
function prepared(value: unknown, serializer: Serializer | undefined, stringifier: Serializer | undefined): unknown {
  const serialized = serializer === undefined ? value : attempt(serializer, value);
  return stringifier === undefined ? serialized : reparsed(attempt(stringifier, serialized));
}

/** The redacted text of bindings. A child's never changes, so a small table serves most lines. */
function createBindings({ begin, member }: RedactorParts): (text: string) => string {
  const known = new Map<string, string>();
  return function redactedBindings(text) {
    const seen = known.get(text);
    if (seen !== undefined) return seen;
    const state = begin();
    const split = splitBindings(text);
    const out =
      split === undefined
        ? ',"bindings":"[Unreadable]"'
        : split.map(({ key, value }) => member(key, value, state)).join('');
    if (known.size >= mostBindings) known.clear();
    known.set(text, out);
    return out;
  };
}

/** Whether a table of pino has an entry beside that one: most have none, and then none of its keys is looked up. */
function hasOthers(table: Serializers, known: string | undefined): boolean {
  for (const key in table) if (key !== known) return true;
  return false;
}

function isPlain(fields: Fields | null | undefined): fields is Fields {
  return isObject(fields) && !types.isProxy(fields) && Object.getPrototypeOf(fields) === Object.prototype;
}

/** A serializer is the application's code: when it throws, the value is walked as it is. */
function attempt(call: Serializer, value: unknown): unknown {
  try {
    return call(value);
  } catch {
    return value;
  }
}

function ownKeys(fields: Fields | null | undefined): readonly string[] {
  try {
    return isObject(fields) ? Object.keys(fields) : [];
  } catch {
    return [];
  }
}

function readField(fields: Fields | null | undefined, key: string): unknown {
  try {
    return fields?.[key];
  } catch {
    return unreadable;
  }
}

function reparsed(json: unknown): unknown {
  if (typeof json !== 'string') return json;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return json;
  }
}

/** Writes one line to nowhere through pino's own path and looks whether ours came out: pino leaves U+0085 as it is. */
function holds(fields: Fields, symbols: PinoSymbols): boolean {
  const lines: string[] = [];
  const probe = Object.create(fields) as Fields;
  probe[symbols.stream] = { write: (line: string) => lines.push(line) };
  for (const symbol of Object.values(publicSymbols)) probe[symbol] = {};
  probe[symbols.stringifiers] = {};
  for (const symbol of allSymbols(fields)) if (symbol.description === 'pino.mixin') probe[symbol] = undefined;
  try {
    (probe[symbols.write] as (object: unknown, message: string, level: number) => void)({ planted: '\u0085' }, '', 30);
    return lines.length === 1 && (lines[0] ?? '').includes('"planted":"\\u0085"');
  } catch {
    return false;
  }
}

function allSymbols(owner: object): readonly symbol[] {
  const parent = Object.getPrototypeOf(owner) as object | null;
  const own = Object.getOwnPropertySymbols(owner);
  return parent === null ? own : [...own, ...allSymbols(parent)];
}

/** The official way: every finished line is read and written again. */
function rewriteLines(fields: Fields, redactor: Redactor): void {
  const hooks = fields[publicSymbols.hooks];
  if (!isObject(hooks)) throw new SafekeepError('ERR_LOGGER_UNSUPPORTED');
  const { streamWrite } = hooks as { readonly streamWrite?: (line: string) => string };
  fields[publicSymbols.hooks] = {
    ...hooks,
    streamWrite: (line: string) => {
      const given = streamWrite === undefined ? line : streamWrite(line);
      const value = reparsed(given.trimEnd());
      return `${isObject(value) ? redactor.serialize(value) : redactor.text(given.trimEnd())}\n`;
    },
  };
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' || typeof value === 'function') && value !== null;
}
