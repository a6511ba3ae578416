import type { BlindIndex, Ciphertext, FastHash, PasswordHash, Pseudonym } from '../base/brands.js';
import type { Name } from '../base/names.js';
import type { Log } from '../base/ports/log.js';
import type { Secret } from '../base/secret.js';

declare const notPersonalBrand: unique symbol;
/** A text that somebody looked at and found to be nobody's. Minted by `notPersonal`. */
export type NotPersonal = string & { readonly [notPersonalBrand]: true };

/** What the compiler shows for a text that no type classifies. */
export interface UnclassifiedText {
  readonly refused: 'a text that nobody classified: log a token, a number or a fixed word, or mark it notPersonal(text)';
}
/** What the compiler shows for what must not be logged at all. */
export interface SecretValue {
  readonly refused: 'a secret, bytes, or something that holds them';
}
/** What the compiler shows for `any` and `unknown`. */
export interface UnknownValue {
  readonly refused: 'a value whose type says nothing';
}

type IsAny<T> = 0 extends 1 & T ? true : false;
/** `string`, a template with `string` in it, or a brand over it: all that may be any text. */
type MayBeAnyText<T extends string> = Record<never, 1> extends Record<T, 1> ? true : false;
/** A member whose type is `any` would fit everything: then the object around it fits nothing. */
type HasAny<T> = true extends { readonly [K in keyof T]: IsAny<T[K]> }[keyof T] ? true : false;
type LoggableText<T extends string> = T extends Ciphertext | PasswordHash | FastHash | BlindIndex
  ? SecretValue
  : T extends Name | Pseudonym | NotPersonal
    ? T
    : MayBeAnyText<T> extends true
      ? UnclassifiedText
      : T;
type Unloggable = Secret<unknown> | ArrayBufferLike | ArrayBufferView | symbol | ((...args: never[]) => unknown);

/**
 * What a type becomes when it is to be logged: itself where every part of it is a number, a yes or no, a fixed word, a
 * name of the developer's, a pseudonym, an error, or a text that was marked; and a type that nothing fits where it is a
 * text of unknown origin, a `Secret`, bytes or `any`. A date may be somebody's birthday: log its milliseconds.
 */
export type Loggable<T> =
  IsAny<T> extends true
    ? UnknownValue
    : unknown extends T
      ? UnknownValue
      : T extends number | boolean | null | undefined
        ? T
        : T extends string
          ? LoggableText<T>
          : T extends Unloggable | bigint | Date | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
            ? SecretValue
            : T extends Error
              ? T
              : T extends object
                ? HasAny<T> extends true
                  ? UnknownValue
                  : { readonly [K in keyof T]: Loggable<T[K]> }
                : SecretValue;

/** A level of a logger that takes only what `Loggable` lets through; the message is a fixed text. */
export interface StrictLogMethod {
  <const T extends object, const M extends string = never>(fields: T & Loggable<T>, message?: M & Loggable<M>): void;
  <const M extends string>(message: M & Loggable<M>): void;
}
/** The six levels of a logger, strict. */
export type StrictLog = { readonly [Level in keyof Log]: StrictLogMethod };

/**
 * The same logger under a type that takes no unclassified text: a mistake that the redactor would have to find in a line
 * does not compile. Only the type changes; give it a logger that is redacted, because errors and casts still carry text.
 * @example
 * import { strictLog } from 'safekeep/redaction';
 * const log = strictLog(keep.log);
 * log.info({ status: 200, plan: 'plus', customer: pseudonyms.of('customer_number', id) }, 'order placed');
 * // log.info({ name: customer.name }, 'order placed'); // does not compile
 */
export function strictLog(log: Log): StrictLog {
  return log;
}

/**
 * Says that a text is nobody's: a route, a version, a word out of a list. Search for its name to see who said so.
 * Nothing is checked here, and the redactor still looks at it.
 */
export function notPersonal(text: string): NotPersonal {
  return text as NotPersonal;
}
