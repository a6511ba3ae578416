import { type Fact, SafekeepError } from './errors.js';
import { nameOf, nearest, type Statement, say } from './names.js';

/** How one option is read: `check` returns what is wrong, in our words, or undefined. */
export interface Rule<T> {
  readonly presence: 'required' | 'optional' | 'default';
  readonly fallback: T | undefined;
  readonly check: (value: unknown) => Statement | undefined;
  /** Carries the type; never set. */
  readonly type?: T;
}
export type Shape = Readonly<Record<string, Rule<unknown>>>;
export type Read<S extends Shape> = { readonly [K in keyof S]: S[K] extends Rule<infer T> ? T : never };

export type Check<T> = { readonly check: (value: unknown) => Statement | undefined; readonly type?: T };

export function required<T>(check: Check<T>): Rule<T> {
  return { presence: 'required', fallback: undefined, check: check.check };
}
export function optional<T>(check: Check<T>): Rule<T | undefined> {
  return { presence: 'optional', fallback: undefined, check: check.check };
}
export function withDefault<T>(check: Check<T>, fallback: T): Rule<T> {
  return { presence: 'default', fallback, check: check.check };
}

/**
 * Reads an options object once, at start-up: refuses unknown keys and names the nearest known one, because an option
 * that is silently ignored is a protection that is silently off. The result is frozen.
 * @throws SafekeepError ERR_OPTION_UNKNOWN, ERR_OPTION_MISSING, ERR_OPTION_INVALID
 */
export function readOptions<const S extends Shape>(owner: string, shape: S, options: unknown): Read<S> {
  const of = nameOf(owner);
  if (!isPlainObject(options)) {
    throw new SafekeepError('ERR_OPTION_INVALID', { of, expected: say`a plain object of options` });
  }
  const given = options;
  const known = Object.keys(shape);
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(shape, key)) continue;
    const near = nearest(key, known);
    throw new SafekeepError('ERR_OPTION_UNKNOWN', {
      of,
      option: nameOf(key),
      ...(near === undefined ? {} : { nearest: nameOf(near) }),
      known: known.map(nameOf).join(' ') as Fact,
    });
  }
  const read: Record<string, unknown> = {};
  for (const [key, rule] of Object.entries(shape)) {
    // Own properties only: a polluted Object.prototype must not be able to switch on an opt-out.
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    if (value === undefined) {
      if (rule.presence === 'required') throw new SafekeepError('ERR_OPTION_MISSING', { of, option: nameOf(key) });
      read[key] = rule.fallback;
      continue;
    }
    const expected = rule.check(value);
    if (expected !== undefined) {
      throw new SafekeepError('ERR_OPTION_INVALID', { of, option: nameOf(key), expected });
    }
    // The caller keeps his list: what he pushes into it later was never checked.
    read[key] = Array.isArray(value) ? Object.freeze([...value]) : value;
  }
  return Object.freeze(read) as Read<S>;
}

/** Told by the prototype's own prototype, so that objects of another realm pass and instances of classes do not. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function textRule(bounds: { readonly minLength?: number; readonly maxLength?: number } = {}): Check<string> {
  const { minLength = 1, maxLength = 4096 } = bounds;
  return {
    check: (value) =>
      typeof value === 'string' && value.length >= minLength && value.length <= maxLength
        ? undefined
        : say`text of ${minLength} to ${maxLength} characters`,
  };
}

export function integerRule(bounds: { readonly min: number; readonly max: number }): Check<number> {
  return {
    check: (value) =>
      Number.isSafeInteger(value) && (value as number) >= bounds.min && (value as number) <= bounds.max
        ? undefined
        : say`a whole number from ${bounds.min} to ${bounds.max}`,
  };
}

export function flagRule(): Check<boolean> {
  return { check: (value) => (typeof value === 'boolean' ? undefined : say`true or false`) };
}

export function oneOfRule<const T extends string>(...choices: readonly T[]): Check<T> {
  return {
    check: (value) =>
      (choices as readonly unknown[]).includes(value)
        ? undefined
        : say`one of ${choices.map(nameOf).join(', ') as Statement}`,
  };
}

export function listRule<T>(item: Check<T>): Check<readonly T[]> {
  return {
    check: (value) => {
      if (!Array.isArray(value)) return say`a list`;
      for (const [index, entry] of value.entries()) {
        const expected = item.check(entry);
        if (expected !== undefined) return say`at place ${index}: ${expected}`;
      }
      return undefined;
    },
  };
}

export function functionRule<T>(): Check<T> {
  return { check: (value) => (typeof value === 'function' ? undefined : say`a function`) };
}

/** An object of ours or of a peer, told by the methods it must have. */
export function objectRule<T extends object>(...methods: readonly (keyof T & string)[]): Check<T> {
  return {
    check: (value) => {
      const isObject = (typeof value === 'object' || typeof value === 'function') && value !== null;
      const missing = isObject
        ? methods.find((name) => typeof (value as Record<string, unknown>)[name] !== 'function')
        : methods[0];
      if (isObject && missing === undefined) return undefined;
      return missing === undefined ? say`an object` : say`an object with the method ${nameOf(missing)}`;
    },
  };
}

/** Any value, for options whose own factory checks them again. */
export function anyRule<T>(): Check<T> {
  return { check: () => undefined };
}

/** The sentence an opt-out must give. Long enough that it is a reason and not a shrug. */
export function reasonRule(): Check<string> {
  return {
    check: (value) =>
      typeof value === 'string' && value.trim().length >= 10
        ? undefined
        : say`a reason in words, 10 characters or more`,
  };
}

/** A canonical https origin: scheme, host, port only where it is not 443; nothing behind it. */
export function originRule(): Check<string> {
  return {
    check: (value) => {
      const expected = say`an origin like https://shop.example or https://shop.example:8443, without a path`;
      if (typeof value !== 'string' || !URL.canParse(value)) return expected;
      const url = new URL(value);
      return url.protocol === 'https:' && url.origin === value ? undefined : expected;
    },
  };
}
