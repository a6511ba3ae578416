/** A piece of an SQL text. Names are as PostgreSQL folds them: unquoted ones in small letters. */
export interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'parameter' | 'operator' | 'mark';
  /** A word or name folded, a string's content, an operator's or mark's signs, the number behind the `$`. */
  readonly text: string;
}

/** One after the other, at most one matches anywhere: whitespace and comments come first and are left out. */
const pieces =
  /\s+|--[^\n]*|(?<block>\/\*)|(?<dollar>\$(?:[a-z_\x80-\uffff][\w\x80-\uffff]*)?\$)|\$(?<parameter>\d+)|(?<escaped>[eE]'(?:[^'\\]|\\[\s\S]|'')*')|(?<quoted>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')|(?<name>(?:[uU]&)?"(?:[^"]|"")*")|(?<word>(?![eE]')[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*)|(?<number>\d[\w.]*|\.\d[\w.]*)|(?<mark>::|:=|[()[\],;.:])|(?<operator>[-+*/<>=~!@#%^&|`?]+)/gy;

/**
 * Cuts a PostgreSQL statement into tokens; null where it ends inside of a string or comment, or has a sign that no
 * statement has. It knows words from strings, and nothing of grammar.
 */
export function sqlTokens(sql: string): readonly Token[] | null {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    pieces.lastIndex = at;
    const found = pieces.exec(sql);
    if (found === null) return null;
    at = pieces.lastIndex;
    const groups = found.groups as Record<string, string | undefined>;
    if (groups['block'] !== undefined) {
      at = endOfComment(sql, at);
      if (at < 0) return null;
    } else if (groups['dollar'] !== undefined) {
      const end = sql.indexOf(groups['dollar'], at);
      if (end < 0) return null;
      tokens.push({ kind: 'text', text: sql.slice(at, end) });
      at = end + groups['dollar'].length;
    } else if (groups['operator'] !== undefined) {
      const signs = withoutComment(groups['operator']);
      at += signs.length - groups['operator'].length;
      tokens.push({ kind: 'operator', text: signs });
    } else {
      const token = plainToken(groups);
      if (token !== undefined) tokens.push(token);
    }
  }
  return tokens;
}

function plainToken(groups: Record<string, string | undefined>): Token | undefined {
  const { parameter, escaped, quoted, name, word, number, mark } = groups;
  if (parameter !== undefined) return { kind: 'parameter', text: parameter };
  const string = escaped ?? quoted;
  if (string !== undefined) return { kind: 'text', text: string.slice(string.indexOf("'") + 1, -1) };
  if (name !== undefined) {
    return { kind: 'name', text: name.slice(name.indexOf('"') + 1, -1).replaceAll('""', '"') };
  }
  if (word !== undefined) return { kind: 'word', text: word.toLowerCase() };
  if (number !== undefined) return { kind: 'number', text: number };
  return mark === undefined ? undefined : { kind: 'mark', text: mark };
}

/** Comments nest in PostgreSQL. */
function endOfComment(sql: string, from: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  for (let depth = 1; ; ) {
    const found = edge.exec(sql);
    if (found === null) return -1;
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
}

/** An operator ends where a comment begins. */
function withoutComment(signs: string): string {
  const comment = signs.search(/--|\/\*/);
  return comment > 0 ? signs.slice(0, comment) : signs;
}
