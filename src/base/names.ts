/**
 * The only text an error may carry. A `Name` is an identifier from the developer's own declaration (a table, an
 * option, an environment variable); a `Statement` is a sentence of ours with nothing but names and numbers in its
 * gaps. Neither can hold what a person typed, because nothing here accepts free text.
 */
declare const nameBrand: unique symbol;
declare const statementBrand: unique symbol;
export type Name = string & { readonly [nameBrand]: true };
export type Statement = string & { readonly [statementBrand]: true };

// The leading @ is for a package's scope; anywhere else it would let a mail address through.
const identifier = /^@?[A-Za-z0-9_$][A-Za-z0-9_$.:/-]{0,79}$/;

/** Mints a name from a developer's identifier. What is no identifier becomes `(unprintable)` rather than an echo. */
export function nameOf(text: string): Name {
  return (identifier.test(text) ? text : '(unprintable)') as Name;
}

/**
 * Mints the name of a file for start-up messages. Only for paths from configuration: a path that came with a request
 * is a person's text. Control characters cannot reach a terminal.
 */
export function pathName(path: string): Name {
  return path.replace(/[^\x20-\x7e]/g, '?').slice(0, 512) as Name;
}

/** A sentence whose gaps take names, numbers and other sentences only: ``say`${table} has no ${column}` ``. */
export function say(text: TemplateStringsArray, ...gaps: readonly (Name | Statement | number | boolean)[]): Statement {
  return String.raw({ raw: text }, ...gaps) as Statement;
}

/** The candidate nearest to a misspelt word, or undefined when nothing is near enough to be what was meant. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  // Three letters apart by two are two different words.
  let bestDistance = (word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  for (const candidate of candidates) {
    const prefix = candidate.toLowerCase().startsWith(word.toLowerCase()) && word.length >= 4;
    const distance = prefix ? 1 : editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
