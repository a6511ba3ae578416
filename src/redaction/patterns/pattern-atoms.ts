/** Characters that a part of a pattern is tried with: letters, digits, blanks, marks, and some beyond ASCII. */
const candidates = [...'a1A _-.@:/=,;+#\'"(x0eZé–\n\t\u3042'];

/**
 * What each part of a pattern can match, a few samples of each, in the order of the pattern: `/C-\d+/` gives
 * `[['C'], ['-'], ['1', '0']]`. Groups and alternatives are read through, quantifiers and assertions left out: the samples
 * are for making texts that the pattern has to work on, not for describing it.
 * @returns undefined for what is not read: look-behind, back references
 */
export function atomsOf(source: string): readonly (readonly string[])[] | undefined {
  const atoms: (readonly string[])[] = [];
  let at = 0;
  while (at < source.length) {
    const rest = source.slice(at);
    if (/^(?:\(\?<[=!]|\\[1-9]|\\k<)/.test(rest)) return undefined;
    const skipped = /^(?:\((?:\?(?::|=|!|<[^>]*>))?|\)|\||\^|\$|\\[bB]|[*+?]|\{\d*,?\d*\}\??)/.exec(rest);
    if (skipped !== null) {
      at += skipped[0].length;
      continue;
    }
    const atom =
      /^(?:\[(?:\\.|[^\]\\])*\]|\\[pP]\{[^}]*\}|\\u\{[0-9a-f]+\}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\c[a-z]|\\.|.)/isu.exec(
        rest,
      );
    if (atom === null) return undefined;
    atoms.push(samplesOf(atom[0]));
    at += atom[0].length;
  }
  return atoms;
}

function samplesOf(atom: string): readonly string[] {
  if (atom.length === 1 && atom !== '.') return [atom];
  for (const flags of ['u', '']) {
    try {
      const alone = new RegExp(`^(?:${atom})$`, flags);
      // What is in the set itself may be none of the candidates.
      const own = [...atom].filter((char) => alone.test(char));
      return [...new Set([...candidates.filter((char) => alone.test(char)).slice(0, 3), ...own.slice(0, 3)])];
    } catch {
      // Not of that mode.
    }
  }
  return [];
}
