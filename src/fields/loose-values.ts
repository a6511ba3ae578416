import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import type { Typed, ValueType } from '../envelope/index.js';

/** What can be sealed without a policy: the type follows from the value. */
export type Value = string | boolean | number | bigint | Date | Uint8Array | Json;
export type Json = null | string | boolean | number | readonly Json[] | { readonly [member: string]: Json };

/** Text, bytes, booleans, bigints, dates; a number as float64; arrays and plain objects as JSON. */
export function typedByValue(value: unknown): Typed {
  switch (typeof value) {
    case 'string':
      return { type: 'text', value };
    case 'boolean':
      return { type: 'boolean', value };
    case 'number':
      return { type: 'float64', value };
    case 'bigint':
      return { type: 'bigint', value };
    default:
      if (value instanceof Uint8Array) return { type: 'bytes', value };
      if (value instanceof Date) return { type: 'instant', value };
      // null is a value of SQL, not of ours: a column that is null stays null and is never sealed.
      if (value === null || value === undefined)
        throw new SafekeepError('ERR_VALUE_TYPE', { type: nameOf(String(value)) });
      return { type: 'json', value };
  }
}

/** Puts a value with its declared type; `encode` in the envelope holds the two against each other. */
export function typedAs(type: ValueType, value: unknown): Typed {
  return { type, value } as Typed;
}
