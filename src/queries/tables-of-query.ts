import type { SealedColumn, SealedNames } from './sealed-names.js';
import type { Token } from './sql-tokens.js';

type Columns = ReadonlyMap<string, SealedColumn>;

/** Words that end a table's name where an alias could stand. */
const noAlias = new Set(
  'on where set using join left right full inner cross natural order group having limit offset fetch for union intersect except returning values select default window as with when tablesample do'.split(
    ' ',
  ),
);
const before = new Set(['from', 'join', 'update', 'into', 'using', 'only', 'lateral']);

export interface TablesOfQuery {
  /** The column that a name means, where it is a sealed one or an index. */
  columnAt(name: string, qualifier: string | undefined): SealedColumn | undefined;
  /** True for the name or alias of a table that the statement reads or writes, whether the policy declares it or not. */
  isTable(name: string): boolean;
  /** Notes that a sealed column goes on under another name: `email as e`. */
  rename(name: string, column: SealedColumn): void;
}

/** Which tables a statement names, and under which aliases. */
export function tablesOfQuery(tokens: readonly Token[], names: SealedNames): TablesOfQuery {
  const queries = new Set(tokens.flatMap((token, at) => (isCommonTable(tokens, at) ? [token.text] : [])));
  const known = new Map<string, Columns>();
  for (const [at, token] of tokens.entries()) {
    const follows = token.kind === 'word' && before.has(token.text);
    const isListed = token.text === ',' && names.has(tokens[endOfName(tokens, at + 1)]?.text ?? '');
    if (follows || isListed) readTable(at + 1);
  }
  const renamed = new Map<string, SealedColumn>();

  function readTable(start: number): void {
    let first = start;
    while (tokens[first]?.kind === 'word' && before.has(tokens[first]?.text as string)) first += 1;
    const at = endOfName(tokens, first);
    const table = tokens[at];
    if (!isIdentifier(table)) return;
    // A function, or a query with a name: what its columns hold is told by their names alone.
    const isTable = tokens[first - 1]?.text === 'into' || tokens[at + 1]?.text !== '(';
    if (!isTable || queries.has(table.text)) return;
    const columns = names.get(table.text) ?? new Map<string, SealedColumn>();
    know(table.text, columns);
    const alias = tokens[at + 1]?.text === 'as' ? tokens[at + 2] : tokens[at + 1];
    if (isIdentifier(alias) && !(alias.kind === 'word' && noAlias.has(alias.text))) know(alias.text, columns);
  }
  /** One alias may stand for several tables, each in its own subquery: it has the sealed columns of all. */
  function know(name: string, columns: Columns): void {
    known.set(name, new Map([...(known.get(name) ?? []), ...columns]));
  }
  return {
    columnAt(name, qualifier) {
      const of = qualifier === undefined || qualifier === 'excluded' ? undefined : known.get(qualifier);
      if (of !== undefined) return of.get(name);
      for (const columns of known.values()) {
        const column = columns.get(name);
        if (column !== undefined) return column;
      }
      return renamed.get(name);
    },
    isTable: (name) => known.has(name),
    rename: (name, column) => void renamed.set(name, column),
  };
}

/** The last part of a name that may have a schema before it. */
function endOfName(tokens: readonly Token[], from: number): number {
  let at = from;
  while (isIdentifier(tokens[at]) && tokens[at + 1]?.text === '.') at += 2;
  return at;
}

export function isIdentifier(token: Token | undefined): token is Token {
  return token?.kind === 'word' || token?.kind === 'name';
}

/** `name as (`, with or without `materialized`, behind `with` or a comma. */
function isCommonTable(tokens: readonly Token[], at: number): boolean {
  if (!isIdentifier(tokens[at]) || tokens[at + 1]?.text !== 'as') return false;
  const next = tokens.slice(at + 2, at + 5).find(({ text }) => text !== 'not' && text !== 'materialized');
  return next?.text === '(';
}
