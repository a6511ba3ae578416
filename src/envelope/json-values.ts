import { utf8 } from '../base/bytes.js';

/** Members that could reach a prototype where the opened object is merged into another. */
const prototypeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const deepest = 64;

/**
 * UTF-8 JSON of a value that JSON can say exactly: null, booleans, finite numbers, text, arrays and plain objects.
 * null for anything else (undefined, a Date, a Map, a cycle, more than 64 levels, a member named like a prototype),
 * because JSON.stringify would drop or change it without a word.
 */
export function toJsonBytes(value: unknown): Buffer | null {
  return isPlainJson(value, 0) ? utf8(JSON.stringify(value)) : null;
}

/** Objects come back without a prototype, so that no member name of a person's data means anything to the language. */
export function fromJsonBytes(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString('utf8'), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.assign(Object.create(null), value)
      : value,
  );
}

function isPlainJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth >= deepest) return false;
  // Checked one by one: `every` would step over the holes of a sparse array.
  if (Array.isArray(value)) return Array.from(value).every((item: unknown) => isPlainJson(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  return Object.entries(value).every(([key, member]) => !prototypeKeys.has(key) && isPlainJson(member, depth + 1));
}
