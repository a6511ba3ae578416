import { carriers } from './carriers.js';
import type { SealedColumn } from './sealed-names.js';
import type { Token } from './sql-tokens.js';
import { isIdentifier, type TablesOfQuery } from './tables-of-query.js';

/** What holds between two brackets, or outside of all. */
interface Frame {
  clause: string;
  isDistinct: boolean;
  /** The function whose brackets these are, or those around them; empty outside of any. */
  opener: string;
  isInsert: boolean;
  /** The columns that an INSERT names, in their order. */
  columns: (SealedColumn | undefined)[];
  /** The sealed ones among the results, by their number, and the number of the one we are at. */
  outputs: Map<number, SealedColumn>;
  position: number;
  /** Which of them the next value of a row is for; -1 outside of a row of values. */
  value: number;
}
export interface Frames {
  current(): Frame;
  /** Takes the token at this place into account. */
  enter(at: number): void;
  /** The sealed column that the value at this place is written to, as it stands. */
  writtenHere(at: number): SealedColumn | undefined;
  /** Notes that a column is a result as it stands. */
  output(column: SealedColumn): void;
  /** The sealed column that `order by 2` means. */
  outputNumbered(at: number): SealedColumn | undefined;
  /** The name that a column in a list of results goes on under. */
  outputName(at: number): string | undefined;
  isTarget(at: number): boolean;
  /** The column left of the sign of equality before this place. */
  target(at: number): string;
  isInsert(): boolean;
  isTable(name: string): boolean;
}

/** Clauses that a single word begins. */
const clauses = new Map(
  Object.entries({
    ...{ select: 'select', from: 'from', join: 'from', where: 'where', having: 'where', set: 'set', values: 'values' },
    ...{ returning: 'returning', limit: 'limit', offset: 'limit', window: 'window', into: 'from', update: 'from' },
    ...{ with: 'with', union: 'union', intersect: 'union', except: 'union' },
  }),
);
/** Words before a bracket that are no functions. */
const noFunction = new Set(
  'in any all some exists over filter values as and or not on where select from join using lateral by then when else returning having distinct set materialized between like ilike is with conflict union intersect except only into if case array row'.split(
    ' ',
  ),
);
const reserved = new Set(
  'from where order group having limit offset union intersect except returning and or on as is in not like ilike between collate asc desc nulls then else end when for into window fetch over filter using values set'.split(
    ' ',
  ),
);

export function createFrames(tokens: readonly Token[], tables: TablesOfQuery): Frames {
  const outermost: Frame = {
    clause: '',
    isDistinct: false,
    opener: '',
    isInsert: false,
    columns: [],
    value: -1,
    outputs: new Map(),
    position: 1,
  };
  const stack: Frame[] = [outermost];
  const current = (): Frame => stack.at(-1) as Frame;
  const textAt = (at: number): string => tokens[at]?.text ?? '';
  const isWord = (at: number, text: string): boolean => tokens[at]?.kind === 'word' && textAt(at) === text;

  function open(at: number): void {
    const outer = current();
    const before = tokens[at - 1];
    const inner: Frame = { ...outer, columns: outer.columns, value: -1 };
    if (outer.clause === 'from' && outer.isInsert && isIdentifier(before) && tables.isTable(before.text)) {
      inner.clause = 'insert columns';
      inner.columns = outer.columns = [];
    } else if (outer.clause === 'values' && outer.isInsert) {
      inner.value = 0;
    } else if (isWord(at - 1, 'on') && isWord(at - 2, 'distinct')) {
      inner.clause = 'distinct on';
    } else if (isWord(at - 1, 'conflict')) {
      inner.clause = 'conflict';
    } else if (isWord(at - 1, 'using')) {
      inner.clause = 'using';
    } else if (isWord(at - 1, 'over') || isWord(at - 1, 'filter')) {
      inner.opener = '';
    } else if (isFunction(at - 1, outer) && (outer.opener === '' || carriers.has(outer.opener))) {
      // What another function around it asks stays asked.
      inner.opener = before?.text ?? '';
    }
    stack.push(inner);
  }

  function isFunction(at: number, { clause }: Frame): boolean {
    const token = tokens[at];
    if (!isIdentifier(token) || (token.kind === 'word' && noFunction.has(token.text))) return false;
    // `with c (id, email) as (…)` and `from unnest(…) as c (id, email)` name columns.
    return clause !== 'with' && textAt(at - 1) !== 'as' && clause !== 'window';
  }

  function word(at: number): void {
    const frame = current();
    const text = textAt(at);
    if (textAt(at + 1) === 'by' && ['order', 'group', 'partition'].includes(text)) {
      frame.clause = `${text} by`;
    } else if (text === 'distinct' && isWord(at - 1, 'select')) {
      frame.isDistinct = !isWord(at + 1, 'on');
    } else if (text === 'on' && !isWord(at - 1, 'distinct')) {
      frame.clause = isWord(at + 1, 'conflict') ? 'conflict' : 'on';
    } else if (text === 'insert') {
      frame.isInsert = true;
    } else if (text === 'using' && textAt(at + 1) !== '(') {
      frame.clause = 'from';
    } else if (isClause(at, frame)) {
      frame.clause = clauses.get(text) as string;
      if (text !== 'select') return;
      [frame.isDistinct, frame.opener, frame.position] = [false, '', 1];
      frame.outputs = new Map();
    }
  }

  function isClause(at: number, frame: Frame): boolean {
    const text = textAt(at);
    // `is distinct from`, `extract(year from x)`, `timestamp with time zone`
    if (text === 'from') return !isWord(at - 1, 'distinct') && frame.opener === '';
    if (text === 'with') return at === 0 || textAt(at - 1) === '(';
    return clauses.has(text);
  }
  return {
    current,
    enter(at) {
      const token = tokens[at] as Token;
      const frame = current();
      if (token.text === '(' && token.kind === 'mark') return open(at);
      if (token.text === ')' && token.kind === 'mark') {
        if (stack.length > 1) stack.pop();
        return;
      }
      if (token.text === ',' && token.kind === 'mark') {
        if (frame.value >= 0) frame.value += 1;
        frame.position += 1;
      }
      if (isIdentifier(token) && frame.clause === 'insert columns') {
        frame.columns.push(tables.columnAt(token.text, undefined));
      }
      if (token.kind === 'word' && textAt(at - 1) !== '.' && textAt(at - 1) !== 'as') word(at);
    },
    writtenHere(at) {
      const { value, columns, clause } = current();
      const isWhole = /^[,)]$|^::$|^$/.test(textAt(at + 1)) || !/^[-+*/|=<>]/.test(textAt(at + 1));
      if (value >= 0 && /^[(,]$/.test(textAt(at - 1)) && isWhole) return columns[value];
      if (clause !== 'set' || textAt(at - 1) !== '=' || !isIdentifier(tokens[at - 2])) return undefined;
      return tables.columnAt(textAt(at - 2), undefined);
    },
    output(column) {
      const { clause, opener, outputs, position } = current();
      if (clause === 'select' && opener === '') outputs.set(position, column);
    },
    outputNumbered(at) {
      const { clause, outputs } = current();
      const isNumber = tokens[at]?.kind === 'number' && /^(by|,)$/.test(textAt(at - 1));
      return isNumber && /^(order|group) by$/.test(clause) ? outputs.get(Number(textAt(at))) : undefined;
    },
    outputName(at) {
      const { clause, opener } = current();
      if ((clause !== 'select' && clause !== 'returning') || opener !== '') return undefined;
      const next = isWord(at + 1, 'as') ? tokens[at + 2] : tokens[at + 1];
      const isName = next?.kind === 'name' || (next?.kind === 'word' && !reserved.has(next.text));
      return isName ? next.text : undefined;
    },
    isTarget: (at) => textAt(at + 1) === '=' && /^(set|,|\.)$/.test(textAt(at - 1)),
    target: (at) => textAt(at - 2),
    isInsert: () => current().isInsert,
    isTable: tables.isTable,
  };
}
