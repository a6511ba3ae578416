import { carriers } from './carriers.js';
import { createFrames, type Frames } from './frames.js';
import { operandUse } from './operand-use.js';
import type { SealedColumn, SealedNames } from './sealed-names.js';
import { isSealedText } from './sealed-values.js';
import { sqlTokens, type Token } from './sql-tokens.js';
import { isIdentifier, type TablesOfQuery, tablesOfQuery } from './tables-of-query.js';

/** What a statement does with a column that only the plaintext could answer. */
export type SealedUse =
  | 'order by'
  | 'group by'
  | 'distinct'
  | 'comparison'
  | 'pattern'
  | 'function'
  | 'operator'
  | 'equality'
  | 'copy'
  | 'plaintext';

export interface Refused {
  readonly column: SealedColumn;
  readonly use: SealedUse;
}
/** A parameter that is compared with a sealed column or written to it: it must hold a sealed value, or null. */
export interface SealedParameter extends Refused {
  /** From 1, as in `$1`. */
  readonly number: number;
}
export interface QueryReading {
  readonly refused: Refused | undefined;
  readonly parameters: readonly SealedParameter[];
}

const nothing: QueryReading = { refused: undefined, parameters: [] };
/** What reads or writes rows, now or later. The rest changes tables, sessions and transactions. */
const statements = new Set(
  'select insert update delete with merge values explain table create declare copy prepare'.split(' '),
);
/** What an index answers as well as a plaintext would. */
const answeredByIndex: ReadonlySet<SealedUse> = new Set(['equality', 'group by', 'distinct', 'copy', 'plaintext']);

/**
 * Reads a statement as far as its columns go: tables, aliases, clauses, brackets, and what stands beside a sealed
 * column. It is no parser of SQL: what it cannot follow it lets through, unless a sealed column stands in it.
 */
export function readQuery(sql: string, names: SealedNames): QueryReading {
  const tokens = sqlTokens(sql);
  const first = tokens?.find(({ text }) => text !== '(');
  if (!tokens || first?.kind !== 'word' || !statements.has(first.text)) return nothing;
  const tables = tablesOfQuery(tokens, names);
  const frames = createFrames(tokens, tables);
  const parameters: SealedParameter[] = [];

  for (const [at, token] of tokens.entries()) {
    frames.enter(at);
    const written = frames.writtenHere(at);
    if (written !== undefined && written.holds === 'sealed') {
      if (token.kind === 'parameter')
        parameters.push({ number: Number(token.text), column: written, use: 'plaintext' });
      if (token.kind === 'text' && !isSealedText(token.text))
        return { ...nothing, refused: { column: written, use: 'plaintext' } };
    }
    const column = columnHere(tokens, at, tables) ?? frames.outputNumbered(at);
    if (column === undefined) continue;
    const found = usesHere(tokens, at, column, frames);
    for (const { use, number } of found) {
      if (column.holds === 'index' && answeredByIndex.has(use)) continue;
      if (number === undefined) return { ...nothing, refused: { column, use } };
      parameters.push({ number, column, use });
    }
    frames.output(column);
    const alias = frames.outputName(at);
    if (alias !== undefined) tables.rename(alias, column);
  }
  return { refused: undefined, parameters };
}

function columnHere(tokens: readonly Token[], at: number, tables: TablesOfQuery): SealedColumn | undefined {
  const token = tokens[at];
  if (!isIdentifier(token) || tokens[at + 1]?.text === '.' || tokens[at - 1]?.text === 'as') return undefined;
  if (token.kind === 'word' && tokens[at + 1]?.text === '(') return undefined;
  return tables.columnAt(token.text, tokens[at - 1]?.text === '.' ? tokens[at - 2]?.text : undefined);
}

const isOutput = (clause: string): boolean => clause === 'select' || clause === 'returning';

interface Use {
  readonly use: SealedUse;
  /** Where it depends on what a parameter holds. */
  readonly number?: number | undefined;
}

function usesHere(tokens: readonly Token[], at: number, column: SealedColumn, frames: Frames): readonly Use[] {
  const { clause, isDistinct, opener } = frames.current();
  if (clause === 'from' || clause === 'insert columns') return [];
  if (clause === 'order by' || clause === 'group by') return [{ use: clause }];
  if (clause === 'partition by') return [{ use: 'group by' }];
  if (clause === 'distinct on') return [{ use: 'distinct' }];
  if (clause === 'conflict' || clause === 'using') return [{ use: 'equality' }];
  let start = at;
  while (tokens[start - 1]?.text === '.') start -= 2;
  if (opener !== '') {
    if (tokens[start - 1]?.text === 'distinct') return [{ use: 'distinct' }];
    if (opener !== 'count' && !(carriers.has(opener) && isOutput(clause))) return [{ use: 'function' }];
    // What it compares or computes in there is no matter of the function.
    const inside = operandUse(tokens, start, at, true);
    return opener === 'count' && tokens[at + 1]?.text === ')' ? [] : inside;
  }
  if (clause === 'set' && tokens[start - 1]?.text === '=') {
    // `set email = excluded.email`, or the same column of a list of new values: what is written was read there.
    const qualifier = start < at ? tokens[at - 2]?.text : undefined;
    const isNew = qualifier !== undefined && (qualifier === 'excluded' || !frames.isTable(qualifier));
    return isNew && frames.target(start) === column.name ? [] : [{ use: 'copy' }];
  }
  if (clause === 'set' && frames.isTarget(at)) return [];
  if (clause === 'select' && frames.isInsert()) return [{ use: 'copy' }];
  const beside = operandUse(tokens, start, at, isOutput(clause));
  if (beside.length > 0) return beside;
  return clause === 'select' && isDistinct ? [{ use: 'distinct' }] : [];
}
