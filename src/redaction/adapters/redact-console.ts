import { format, inspect, types } from 'node:util';
import { type Redactor, requireParts } from '../create-redactor.js';
import { createRecordPrinter } from '../lines/record-printer.js';

/** As much of a console as is asked of it; the full type passes through. */
export interface ConsoleLike {
  log(...args: never[]): void;
}
type Method = (...args: unknown[]) => unknown;
type Methods = Record<string, Method | undefined>;

/** All of their arguments are one line. */
const lineMethods = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'group', 'groupCollapsed'] as const;
/** A label first, which the console looks up; `timeLog` prints more behind it. */
const labelMethods = ['count', 'countReset', 'time', 'timeEnd', 'timeLog'] as const;

/**
 * Makes a console print redacted lines only; the console itself is changed and returned. The arguments of a call are
 * formatted as the console would, from redacted copies, and the whole line is looked at again, so that
 * `console.log('password:', word)` prints no password. Errors print their stack.
 *
 * It does NOT cover a method that was taken from the console before, `process.stdout.write`, or what the runtime prints
 * by itself, such as an uncaught exception. ASVS 5.0 V16.2.5, V16.4.1.
 * @throws SafekeepError ERR_REDACTOR_FOREIGN for a redactor that `createRedactor` did not make
 * @example
 * import { createRedactor, redactConsole } from 'safekeep/redaction';
 * redactConsole(console, createRedactor());
 * console.log('mail to %s', 'ada@example.com'); // mail to ***@example.com
 */
export function redactConsole<C extends ConsoleLike>(console: C, redactor: Redactor): C {
  requireParts(redactor);
  const print = createRecordPrinter(redactor);
  const methods = console as object as Methods;

  function line(args: readonly unknown[]): string {
    try {
      return print(format(...args.map((argument) => printable(argument, redactor))));
    } catch {
      return '[Unreadable]';
    }
  }

  function replace(name: string, make: (own: Method) => Method): void {
    const own = methods[name];
    if (typeof own !== 'function') return;
    methods[name] = make((...args) => Reflect.apply(own, console, args));
  }

  for (const name of lineMethods) {
    replace(
      name,
      (own) =>
        (...args) =>
          args.length === 0 ? own() : own(line(args)),
    );
  }
  for (const name of labelMethods) {
    replace(name, (own) => (label, ...data) => {
      const known = label === undefined ? 'default' : line([label]);
      return data.length === 0 ? own(known) : own(known, line(data));
    });
  }
  replace('assert', (own) => (isTrue, ...args) => {
    if (isTrue) return undefined;
    return args.length === 0 ? own(false) : own(false, line(args));
  });
  replace('dir', (own) => (value, options) => own(copyOf(value, redactor), options));
  replace(
    'dirxml',
    (own) =>
      (...args) =>
        own(line(args)),
  );
  replace(
    'table',
    (own) => (data, columns) =>
      columns === undefined ? own(copyOf(data, redactor)) : own(copyOf(data, redactor), columns),
  );
  return console;
}

/** Texts stay, for they may be the format; the finished line is looked at anyway. */
function printable(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'object' && value !== null) {
    return types.isNativeError(value) ? errorText(value, redactor) : redactor.value(value);
  }
  // With the `n` that a console writes behind it, a card is no card to the scan of the line.
  if (typeof value === 'bigint') return redactor.value(value);
  // A function prints its own fields as well.
  return typeof value === 'function' ? '[Function]' : value;
}

function copyOf(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'function') return '[Function]';
  return typeof value === 'symbol' ? redactor.text(String(value)) : (redactor.value(value) ?? value);
}

function errorText(error: Error, redactor: Redactor): string {
  const { type, message, stack, ...more } = redactor.value(error) as Readonly<Record<string, unknown>>;
  const head = typeof stack === 'string' && stack !== '' ? stack : `${String(type)}: ${String(message)}`;
  return Object.keys(more).length === 0 ? head : `${head} ${inspect(more)}`;
}
