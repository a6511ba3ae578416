import { types } from 'node:util';
import { SafekeepError } from '../../base/errors.js';
import { type Redactor, requireParts } from '../create-redactor.js';
import { createRecordPrinter, type PrintRecord } from '../lines/record-printer.js';

/** As much of a winston logger as is asked of it; the full type passes through. */
export interface WinstonLike {
  readonly format: unknown;
  readonly transports: unknown;
  add(transport: never): unknown;
}
interface Format {
  transform(info: unknown, options?: unknown): unknown;
  readonly options?: unknown;
}
type Info = Record<PropertyKey, unknown>;

/** The names that winston and its formats give to the parts of a record: they are public, by Symbol.for. */
const [level, message, splat] = ['level', 'message', 'splat'].map((name) => Symbol.for(name)) as [
  symbol,
  symbol,
  symbol,
];

/**
 * Makes a winston logger hand redacted records to its transports: message, meta, default meta, `%s` arguments and
 * errors are redacted before the formats see them, and what the formats made of them once more, those of the transports
 * too. The logger is changed and returned; its children, made before or after, and transports and formats that are set
 * later are covered.
 *
 * Formats get plain copies: one that asks for a class or reads a getter with side effects finds neither. It does NOT
 * cover a transport that formats by itself behind winston's back, or a rewind by `logger.clear()` and `pipe`.
 * ASVS 5.0 V16.2.5, V16.4.1.
 * @throws SafekeepError ERR_LOGGER_UNSUPPORTED for what is no winston logger of version 3; ERR_REDACTOR_FOREIGN for a
 *   redactor that `createRedactor` did not make
 * @example
 * import { createLogger, transports } from 'winston';
 * import { createRedactor, redactWinston } from 'safekeep/redaction';
 * const log = redactWinston(createLogger({ transports: [new transports.Console()] }), createRedactor());
 * log.info('signed in', { email: 'ada@example.com' });
 */
export function redactWinston<L extends WinstonLike>(logger: L, redactor: Redactor): L {
  requireParts(redactor);
  const given = logger as Partial<WinstonLike> | null | undefined;
  if (typeof given?.add !== 'function' || !isFormat(given.format) || !Array.isArray(given.transports)) {
    throw new SafekeepError('ERR_LOGGER_UNSUPPORTED');
  }
  const guard = createGuard(redactor);
  guardFormat(logger, guard);
  for (const transport of logger.transports as object[]) guardFormat(transport, guard);
  const add = logger.add as (this: unknown, transport: unknown) => unknown;
  Reflect.set(logger, 'add', function addGuarded(this: unknown, transport: unknown) {
    const added = Reflect.apply(add, this, [transport]);
    for (const one of logger.transports as object[]) guardFormat(one, guard);
    return added;
  });
  return logger;
}

type Guard = (format: Format) => Format;

function createGuard(redactor: Redactor): Guard {
  const print = createRecordPrinter(redactor);
  const guards = new WeakSet<Format>();
  return function guard(format) {
    if (guards.has(format)) return format;
    const guarded: Format = {
      options: format.options,
      transform(info, options) {
        const made = format.transform(redactedInfo(info, redactor, print), options);
        return typeof made === 'object' && made !== null ? redactedInfo(made, redactor, print) : made;
      },
    };
    guards.add(guarded);
    return guarded;
  };
}

/** `configure` sets the format of a logger anew: also that one is guarded. */
function guardFormat(owner: object, guard: Guard): void {
  const known = Object.getOwnPropertyDescriptor(owner, 'format');
  if (known?.get !== undefined) return;
  let format: unknown = known?.value;
  const wrapped = (next: unknown): unknown => (isFormat(next) ? guard(next) : next);
  format = wrapped(format);
  Object.defineProperty(owner, 'format', {
    configurable: true,
    enumerable: true,
    get: () => format,
    set: (next: unknown) => {
      format = wrapped(next);
    },
  });
}

function redactedInfo(info: unknown, redactor: Redactor, print: PrintRecord): Info {
  const before = info as Info;
  const copy = redactor.value(info);
  const out: Info = typeof copy === 'object' && copy !== null && !Array.isArray(copy) ? { ...copy } : { message: copy };
  // As winston's own format for errors has it: the text stays a text.
  const error = types.isNativeError(before['message']) ? (out['message'] as Info) : undefined;
  if (error !== undefined) Object.assign(out, { message: error['message'], stack: error['stack'] });
  // A name out of the application's own table of levels, by which transports choose; with colours in the other one.
  out[level] = before[level];
  if (typeof before['level'] === 'string') out['level'] = print(before['level']);
  if (typeof before[message] === 'string') out[message] = print(before[message]);
  const args = before[splat];
  if (Array.isArray(args)) out[splat] = redactor.value(args);
  return out;
}

function isFormat(value: unknown): value is Format {
  return typeof (value as Partial<Format> | null | undefined)?.transform === 'function';
}
