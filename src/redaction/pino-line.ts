/** What pino keeps on a logger, by the descriptions of its symbols: the same names in pino 9 and 10. */
export const pinoFields = [
  'asJson',
  'write',
  'stream',
  'lsCache',
  'chindings',
  'end',
  'messageKey',
  'errorKey',
  'nestedKey',
  'nestedKeyStr',
  'stringifiers',
  'wildcardFirst',
  'formatOpts',
] as const;
export type PinoField = (typeof pinoFields)[number];
export type PinoSymbols = Readonly<Record<PinoField, symbol>>;

/** Symbols that pino itself declares public, shared by every copy of it. */
export const publicSymbols: Readonly<Record<'serializers' | 'formatters' | 'hooks', symbol>> = {
  serializers: Symbol.for('pino.serializers'),
  formatters: Symbol.for('pino.formatters'),
  hooks: Symbol.for('pino.hooks'),
};

/**
 * Reads pino's private symbols off the logger itself, so that no second copy of pino can disagree with the one that
 * made it; undefined when one is missing. `wildcardFirst` is a key of a table and need not be there.
 */
export function symbolsOf(logger: object): PinoSymbols | undefined {
  const found = new Map<string, symbol>();
  for (
    let owner: object | null = logger;
    owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner) as object | null
  ) {
    for (const symbol of Object.getOwnPropertySymbols(owner)) {
      if (!found.has(symbol.description ?? '')) found.set(symbol.description ?? '', symbol);
    }
  }
  const out: Partial<Record<PinoField, symbol>> = {};
  for (const field of pinoFields) {
    const symbol = found.get(`pino.${field}`);
    if (symbol === undefined && field !== 'wildcardFirst') return undefined;
    out[field] = symbol ?? Symbol('absent');
  }
  return out as PinoSymbols;
}

/** A member of the bindings of a child, which pino hands on as text: `,"key":value,…`. */
export interface RawMember {
  readonly key: string;
  readonly value: unknown;
}

/**
 * Splits the text of bindings into members, duplicates and order kept, so that they come out as pino wrote them.
 * @returns undefined when it is not what pino writes
 */
export function splitBindings(bindings: string): readonly RawMember[] | undefined {
  const members: RawMember[] = [];
  try {
    for (let at = 0; at < bindings.length; ) {
      if (bindings[at] !== ',') return undefined;
      const keyEnd = stringEnd(bindings, at + 1);
      if (bindings[keyEnd] !== ':') return undefined;
      const end = valueEnd(bindings, keyEnd + 1);
      const key = JSON.parse(bindings.slice(at + 1, keyEnd)) as string;
      members.push({ key, value: JSON.parse(bindings.slice(keyEnd + 1, end), withoutBytes) as unknown });
      at = end;
    }
    return members;
  } catch {
    return undefined;
  }
}

/** A Buffer that became text before we saw it: all of its bytes. */
function withoutBytes(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { type, data } = value as { readonly type?: unknown; readonly data?: unknown };
  return type === 'Buffer' && Array.isArray(data) ? `[Buffer ${data.length} bytes]` : value;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function valueEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const char = text[at];
    if (char === '"') {
      at = stringEnd(text, at);
      continue;
    }
    if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    else if (char === ',' && depth === 0) break;
    at += 1;
  }
  return at;
}
