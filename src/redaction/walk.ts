import { types } from 'node:util';
import { Secret } from '../base/secret.js';
import type { Counters } from './counters.js';
import { isCardNumber } from './detect-card.js';
import { quoteJson } from './encode.js';
import type { KeyRule, KeyRules } from './key-rules.js';
import { asPlain, bytesLabel, errorFields } from './structures.js';
import { type TextLayer, truncated, unreadable } from './text-layer.js';

export interface Limits {
  readonly maxDepth: number;
  readonly maxEntries: number;
  readonly maxCharacters: number;
}
export interface WalkParts {
  readonly keys: KeyRules;
  readonly text: TextLayer;
  readonly counters: Counters;
  readonly limits: Limits;
  /** Exact paths whose key rule is lifted; their values are still scanned. */
  readonly allow: ReadonlySet<string>;
}

/** What one walk carries along. */
export interface WalkState {
  /** Characters that may still be printed; every visited entry costs at least one. */
  left: number;
  readonly ancestors: object[];
  /** BigInts as text, for a copy that goes through JSON.parse. */
  readonly isCopy: boolean;
}

export interface Walk {
  /** A value as JSON; undefined where JSON has nothing (a function, a symbol). */
  write(value: unknown, isCopy: boolean): string | undefined;
  /** The state of one line, for a logger that writes its own frame out of members. */
  begin(): WalkState;
  /** `,"key":value`, or nothing where JSON would leave the member out. Never throws. */
  member(key: string, value: unknown, state: WalkState): string;
}

/** What is known of a key: how it is written, and its rule. */
interface KeyEntry {
  /** `,"key":` */
  readonly name: string;
  /** The same without the comma: the first of an object. Cut off later it would cost a copy of the whole line. */
  readonly first: string;
  readonly rule: KeyRule | undefined;
}

const hasOwn = Object.prototype.hasOwnProperty;
const quotedTruncated = `"${truncated}"`;
const quotedUnreadable = `"${unreadable}"`;
const quotedCircular = '"[Circular]"';
const mostNames = 1024;

function cut(members: string): string {
  return `{${members === '' ? '' : `${members},`}"...":${quotedTruncated}}`;
}

/**
 * One walk over any JavaScript value that writes JSON while it goes: secrets, classified columns, key rules, value
 * patterns and encoding are all decided at the place where a value is written, so nothing is cloned, no second pass can
 * disagree with the first, and toJSON is asked before the rules and not after. Never throws and never changes anything;
 * a getter is read once. What it cannot read it prints as `[Unreadable]`, what is too much as `[Truncated]`.
 */
export function createWalk({ keys, text, counters, limits, allow }: WalkParts): Walk {
  const entries = new Map<string, KeyEntry>();
  const usesPaths = allow.size > 0;

  /** Cached, because keys repeat. A key can be personal itself: `{ 'ada@example.com': 3 }`. */
  function entryOf(key: string): KeyEntry {
    const known = entries.get(key);
    if (known !== undefined) return known;
    const first = `${text.quote(key, 256)}:`;
    const entry = { name: `,${first}`, first, rule: keys.of(key) };
    if (key.length <= 64) {
      if (entries.size >= mostNames) entries.clear();
      entries.set(key, entry);
    }
    return entry;
  }

  function writeValue(value: unknown, key: string, path: string, state: WalkState): string | undefined {
    switch (typeof value) {
      case 'string': {
        const out = text.quote(value, Math.max(state.left, 0));
        state.left -= out.length;
        return out;
      }
      case 'number':
        return writeNumber(value, state);
      case 'boolean':
        state.left -= 5;
        return value ? 'true' : 'false';
      case 'bigint':
        return writeBigInt(value, state);
      case 'object':
        if (value === null) return 'null';
        return writeObject(value, key, path, state);
      default:
        return undefined;
    }
  }

  function writeNumber(value: number, state: WalkState): string {
    state.left -= 8;
    if (!Number.isFinite(value)) return 'null';
    if ((value >= 1e12 || value <= -1e12) && Number.isInteger(value)) {
      const digits = String(Math.abs(value));
      if (isCardNumber(digits)) return card(digits);
    }
    return `${value}`;
  }

  function writeBigInt(value: bigint, state: WalkState): string {
    const digits = value < 10n ** 40n && value > -(10n ** 40n) ? String(value) : truncated;
    state.left -= digits.length;
    if (isCardNumber(digits.replace('-', ''))) return card(digits);
    return state.isCopy || digits === truncated ? `"${digits}"` : digits;
  }

  function card(digits: string): string {
    counters.count('card');
    return `"[card ${digits.slice(-4)}]"`;
  }

  function writeObject(value: object, key: string, path: string, state: WalkState): string | undefined {
    try {
      if (Secret.isSecret(value)) {
        counters.count('secret');
        return quoteJson(value.label);
      }
      if (state.left <= 0 || state.ancestors.length >= limits.maxDepth) return quotedTruncated;
      if (state.ancestors.includes(value)) return quotedCircular;
      state.ancestors.push(value);
      try {
        return writeStructure(value, key, path, state);
      } finally {
        state.ancestors.pop();
      }
    } catch {
      return quotedUnreadable;
    }
  }

  function writeStructure(value: object, key: string, path: string, state: WalkState): string | undefined {
    if (Array.isArray(value)) return writeArray(value, path, state);
    const prototype: unknown = Object.getPrototypeOf(value);
    const isPlain = prototype === Object.prototype || prototype === null;
    if (!isPlain) {
      const bytes = bytesLabel(value);
      if (bytes !== undefined) return `"${bytes}"`;
      const special = asPlain(value);
      if (special !== undefined) return writeValue(special.value, key, path, state);
    }
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (typeof toJSON === 'function') {
      const json: unknown = toJSON.call(value, key);
      // Its result is walked like anything else, but its own toJSON is not asked: so does JSON.stringify.
      if (json !== value) return writeResult(json, key, path, state);
    }
    if (isPlain && !types.isProxy(value)) return writePlain(value as Readonly<Record<string, unknown>>, path, state);
    if (types.isNativeError(value)) return writeEntries(errorFields(value), path, state);
    return writeEntries(value as Readonly<Record<string, unknown>>, path, state);
  }

  function writeResult(json: unknown, key: string, path: string, state: WalkState): string | undefined {
    if (typeof json !== 'object' || json === null || Secret.isSecret(json)) return writeValue(json, key, path, state);
    if (state.ancestors.includes(json)) return quotedCircular;
    if (Array.isArray(json)) return writeArray(json, path, state);
    const bytes = bytesLabel(json);
    if (bytes !== undefined) return `"${bytes}"`;
    const special = asPlain(json);
    if (special !== undefined) return writeValue(special.value, key, path, state);
    return writeEntries(json as Readonly<Record<string, unknown>>, path, state);
  }

  function writeArray(list: readonly unknown[], path: string, state: WalkState): string {
    let out = '';
    const count = Math.min(list.length, limits.maxEntries);
    for (let at = 0; at < count; at += 1) {
      if (state.left <= 0) return `[${out}${out === '' ? '' : ','}${quotedTruncated}]`;
      state.left -= 1;
      let item: string | undefined;
      try {
        item = writeValue(list[at], usesPaths ? String(at) : '', usesPaths ? `${path}${at}.` : '', state);
      } catch {
        item = quotedUnreadable;
      }
      out += at === 0 ? (item ?? 'null') : `,${item ?? 'null'}`;
    }
    return list.length > count ? `[${out},${quotedTruncated}]` : `[${out}]`;
  }

  /** A plain object. `for in` reads faster than a list of keys, and of what has no trap and no class it is the same. */
  function writePlain(owner: Readonly<Record<string, unknown>>, path: string, state: WalkState): string {
    let out = '';
    let count = 0;
    let named = '';
    for (const key in owner) {
      if (!hasOwn.call(owner, key)) continue;
      if (state.left <= 0 || count >= limits.maxEntries) return cut(out);
      count += 1;
      try {
        const value = owner[key];
        if (key === 'name' || key === 'key') named = typeof value === 'string' ? value : '';
        // `{ name: 'password', value: … }`: forms, environments and headers in lists.
        const isNamed = key === 'value' && named !== '' && entryOf(named).rule?.secret === true;
        out += isNamed
          ? namedValue(named, value, path, state, out === '')
          : member(key, value, path, state, out === '');
      } catch {
        out += unreadableMember(key, out === '');
      }
    }
    return out === '' ? '{}' : `{${out}}`;
  }

  function namedValue(name: string, value: unknown, path: string, state: WalkState, isFirst: boolean): string {
    const { rule } = entryOf(name);
    const written = rule === undefined ? undefined : writeRuled(rule, value, 'value', `${path}value.`, state);
    return written === undefined ? '' : `${isFirst ? '' : ','}"value":${written}`;
  }

  function writeEntries(owner: Readonly<Record<string, unknown>>, path: string, state: WalkState): string {
    const ownKeys = Object.keys(owner);
    let out = '';
    for (let at = 0; at < ownKeys.length; at += 1) {
      if (state.left <= 0 || at >= limits.maxEntries) return cut(out);
      const key = ownKeys[at] ?? '';
      try {
        out += member(key, owner[key], path, state, out === '');
      } catch {
        out += unreadableMember(key, out === '');
      }
    }
    return out === '' ? '{}' : `{${out}}`;
  }

  function unreadableMember(key: string, isFirst: boolean): string {
    const { name, first } = entryOf(key);
    return `${isFirst ? first : name}${quotedUnreadable}`;
  }

  function member(key: string, value: unknown, path: string, state: WalkState, isFirst: boolean): string {
    const entry = entryOf(key);
    const { rule } = entry;
    const name = isFirst ? entry.first : entry.name;
    state.left -= name.length;
    // What most members are, without a further call.
    if (rule === undefined) {
      if (typeof value === 'string') {
        const out = text.quote(value, state.left > 0 ? state.left : 0);
        state.left -= out.length;
        return name + out;
      }
      if (typeof value === 'number' && value < 1e12 && value > -1e12) return name + value;
    }
    const below = usesPaths ? `${path}${key}.` : '';
    const out =
      rule === undefined || (usesPaths && allow.has(path + key))
        ? writeValue(value, key, below, state)
        : writeRuled(rule, value, key, below, state);
    return out === undefined ? '' : name + out;
  }

  function writeRuled(rule: KeyRule, value: unknown, key: string, path: string, state: WalkState): string | undefined {
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (value === null) return 'null';
    state.left -= rule.label.length;
    if (typeof value === 'boolean' && !rule.whole) return String(value);
    if (typeof value === 'object') {
      if (Secret.isSecret(value)) return writeObject(value, key, path, state);
      if (!rule.whole)
        return Array.isArray(value)
          ? writeRuledArray(rule, value, key, path, state)
          : writeObject(value, key, path, state);
    }
    counters.count(rule.type);
    if (rule.mask === undefined && rule.token === undefined) return quoteJson(rule.label);
    return typeof value === 'object' || typeof value === 'boolean'
      ? quoteJson(rule.label)
      : quoteJson(keys.replace(rule, String(value)));
  }

  /** A list of addresses under `email`: each is one. */
  function writeRuledArray(
    rule: KeyRule,
    list: readonly unknown[],
    key: string,
    path: string,
    state: WalkState,
  ): string {
    if (state.left <= 0 || state.ancestors.length >= limits.maxDepth) return quotedTruncated;
    if (state.ancestors.includes(list)) return quotedCircular;
    state.ancestors.push(list);
    const parts: string[] = [];
    const count = Math.min(list.length, limits.maxEntries);
    for (let at = 0; at < count && state.left > 0; at += 1) {
      state.left -= 1;
      parts.push(writeRuled(rule, list[at], key, path, state) ?? 'null');
    }
    if (parts.length < list.length) parts.push(quotedTruncated);
    state.ancestors.pop();
    return `[${parts.join(',')}]`;
  }

  function stateOf(isCopy: boolean): WalkState {
    return { left: limits.maxCharacters, ancestors: [], isCopy };
  }

  return {
    write(value, isCopy) {
      try {
        return writeValue(value, '', '', stateOf(isCopy));
      } catch {
        return quotedUnreadable;
      }
    },
    begin: () => stateOf(false),
    member(key, value, state) {
      if (state.left <= 0) return '';
      try {
        return member(key, value, '', state, false);
      } catch {
        return unreadableMember(key, false);
      }
    },
  };
}
