import { inspect } from 'node:util';

/**
 * A value that cannot print itself. Strings, templates, JSON, `util.inspect` (with showHidden too), `%j %o %O %s`,
 * structuredClone and an Error's cause all get the label. Only `reveal()` gives the value.
 * It protects against printing by accident; it does NOT hide the value from a debugger or a heap dump.
 */
export class Secret<T> {
  readonly #value: T;
  /** What is printed, e.g. `[user.contact.email]`. */
  readonly label: string;

  constructor(value: T, label: string) {
    this.#value = value;
    this.label = label.startsWith('[') ? label : `[${label}]`;
    Object.freeze(this);
  }

  /** The value itself. Call it where the value is used, not where it is passed on. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return this.label;
  }
  toJSON(): string {
    return this.label;
  }
  [Symbol.toPrimitive](): string {
    return this.label;
  }
  // Not written as a method: isolatedDeclarations takes no symbol but the language's own for a name.
  static {
    Object.defineProperty(Secret.prototype, inspect.custom, {
      value(this: Secret<unknown>): string {
        return this.label;
      },
    });
    // The engine drops the shape of frozen Secrets, and all optimised code that knows it, at each full collection that
    // finds none alive; opening a value then takes three times as long until it is compiled again. One stays alive.
    Object.defineProperty(Secret, Symbol('kept'), { value: new Secret(null, '') });
  }

  static isSecret(value: unknown): value is Secret<unknown> {
    return typeof value === 'object' && value !== null && #value in value;
  }
}
