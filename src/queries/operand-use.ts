import type { SealedUse } from './read-query.js';
import { isSealedText } from './sealed-values.js';
import type { Token } from './sql-tokens.js';

interface Use {
  readonly use: SealedUse;
  readonly number?: number | undefined;
}
const equals = new Set(['=', '<>', '!=']);
const comparisons = new Set(['<', '>', '<=', '>=']);
const patterns = /^!?~{1,2}\*?$/;
const patternWords = new Set(['like', 'ilike', 'similar']);

/**
 * What the words and signs on both sides of a column, from `start` to `at`, ask of it; `isOutput` for one among the
 * results, which a subquery hands to what stands around it.
 */
export function operandUse(tokens: readonly Token[], start: number, at: number, isOutput: boolean): readonly Use[] {
  let [from, to] = [start, behindCast(tokens, at + 1)];
  // Brackets around the column alone mean nothing.
  while (tokens[from - 1]?.text === '(' && tokens[to]?.text === ')')
    [from, to] = [from - 1, behindCast(tokens, to + 1)];
  const left = leftUse(tokens, from);
  if (left.length > 0) return left;
  const right = rightUse(tokens, to);
  return right.length > 0 ? right : bracketUse(tokens, at, isOutput);
}

/** `(joined, email) > ($1, $2)`: the order of a row is that of its columns. `$1 in (select email …)` compares each. */
function bracketUse(tokens: readonly Token[], at: number, isOutput: boolean): readonly Use[] {
  const [open, close] = [bracketBefore(tokens, at), bracketAfter(tokens, at)];
  const isQuery = tokens[open + 1]?.text === 'select';
  if (open < 0 || (isQuery && !isOutput)) return [];
  const beside = [tokens[open - 1], tokens[close + 1]].filter((token) => token?.kind === 'operator');
  if (beside.some((token) => comparisons.has(token?.text ?? ''))) return [{ use: 'comparison' }];
  return isQuery && /^(in|any|all|some)$/.test(tokens[open - 1]?.text ?? '') ? [{ use: 'equality' }] : [];
}

/** The bracket that is open at this place; -1 outside of any. */
function bracketBefore(tokens: readonly Token[], at: number): number {
  let depth = 0;
  for (let before = at - 1; before >= 0; before -= 1) {
    if (tokens[before]?.text === ')') depth += 1;
    if (tokens[before]?.text === '(' && depth-- === 0) return before;
  }
  return -1;
}
function bracketAfter(tokens: readonly Token[], at: number): number {
  let depth = 0;
  for (let after = at + 1; after < tokens.length; after += 1) {
    if (tokens[after]?.text === '(') depth += 1;
    if (tokens[after]?.text === ')' && depth-- === 0) return after;
  }
  return tokens.length;
}

function rightUse(tokens: readonly Token[], at: number): readonly Use[] {
  let next = at;
  if (tokens[next]?.kind === 'word' && tokens[next]?.text === 'not') next += 1;
  const token = tokens[next];
  if (token === undefined) return [];
  if (token.kind === 'operator') return operatorUse(token.text, () => operandAt(tokens, next + 1));
  if (token.text === '[') return [{ use: 'operator' }];
  if (token.kind !== 'word') return [];
  if (patternWords.has(token.text)) return [{ use: 'pattern' }];
  if (token.text === 'between') return [{ use: 'comparison' }];
  if (token.text === 'collate') return [{ use: 'operator' }];
  if (token.text === 'in') return operandAt(tokens, next + 1);
  if (token.text === 'is') {
    const distinct = next + (tokens[next + 1]?.text === 'not' ? 2 : 1);
    return tokens[distinct]?.text === 'distinct' ? operandAt(tokens, distinct + 2) : [];
  }
  return [];
}

function leftUse(tokens: readonly Token[], start: number): readonly Use[] {
  const before = start - 1;
  const token = tokens[before];
  if (token?.kind === 'operator') {
    return operatorUse(token.text, () => {
      let operand = before - 1;
      // `$1::text = email`
      if (tokens[operand - 1]?.text === '::') operand -= 2;
      return operandOf(tokens[operand]);
    });
  }
  if (token?.kind !== 'word') return [];
  if (token.text === 'between') return [{ use: 'comparison' }];
  if (token.text === 'case') return [{ use: 'equality' }];
  return patternWords.has(token.text) || token.text === 'to' ? [{ use: 'pattern' }] : [];
}

function operatorUse(signs: string, operand: () => readonly Use[]): readonly Use[] {
  if (equals.has(signs)) return operand();
  if (comparisons.has(signs)) return [{ use: 'comparison' }];
  return [{ use: patterns.test(signs) ? 'pattern' : 'operator' }];
}

/** One operand, or all of a list in brackets: parameters and sealed literals pass. */
function operandAt(tokens: readonly Token[], from: number): readonly Use[] {
  let at = from;
  if (/^(any|all|some)$/.test(tokens[at]?.text ?? '')) at += 1;
  if (tokens[at]?.text !== '(') return operandOf(tokens[at]);
  const uses: Use[] = [];
  for (at += 1; at < tokens.length && tokens[at]?.text !== ')'; at = behindCast(tokens, at + 1)) {
    if (tokens[at]?.text !== ',') uses.push(...operandOf(tokens[at]));
  }
  return uses;
}

function operandOf(token: Token | undefined): readonly Use[] {
  if (token?.kind === 'parameter') return [{ use: 'equality', number: Number(token.text) }];
  if (token?.kind === 'word' && token.text === 'null') return [];
  return token?.kind === 'text' && isSealedText(token.text) ? [] : [{ use: 'equality' }];
}

/** Behind `::text`, `::text[]`, `::varchar(20)`. */
function behindCast(tokens: readonly Token[], from: number): number {
  let at = from;
  while (tokens[at]?.text === '::') {
    at += 2;
    while (tokens[at]?.text === '.') at += 2;
    if (tokens[at]?.text === '(') while (at < tokens.length && tokens[at - 1]?.text !== ')') at += 1;
    while (tokens[at]?.text === '[' || tokens[at]?.text === ']') at += 1;
  }
  return at;
}
