import { isBase64Url } from './characters.js';
import type { Match } from './finding.js';
import { foldText } from './fold-text.js';

const shortestRun = 16;
/** Base64 of 4 KB. */
const longestRun = 5464;

/** What a plain search of a text finds. */
export type Search = (text: string) => readonly Match[];

/**
 * The findings of a text with those that stand in it in another form; where two overlap, the longer is kept.
 * @param folds whether anything was seen that folding would change; base64 is looked for in any case
 */
export function findFolded(text: string, direct: readonly Match[], folds: boolean, search: Search): readonly Match[] {
  const found = [...direct, ...insideBase64(text, search)];
  const folded = folds ? foldText(text) : undefined;
  if (folded !== undefined && folded.text !== text) {
    for (const { start, end, type, rule, replacement } of search(folded.text)) {
      found.push({ start: folded.starts[start] ?? 0, end: folded.starts[end] ?? text.length, type, rule, replacement });
    }
  }
  return merged(found);
}

export function merged(found: Match[]): readonly Match[] {
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const kept: Match[] = [];
  for (const match of found) {
    const last = kept.at(-1);
    if (last === undefined || match.start >= last.end) kept.push(match);
    // What reaches beyond the one before is replaced together with it.
    else if (match.end > last.end) kept[kept.length - 1] = { ...last, end: match.end };
  }
  return kept;
}

const isBase64 = (code: number): boolean => isBase64Url(code) || code === 43 || code === 47;

/** Runs of base64 that decode to text in which something is found go whole. */
function insideBase64(text: string, search: Search): Match[] {
  const found: Match[] = [];
  for (let at = 0; at < text.length; ) {
    if (!isBase64(text.charCodeAt(at))) {
      at += 1;
      continue;
    }
    const start = at;
    while (isBase64(text.charCodeAt(at))) at += 1;
    if (at - start < shortestRun) continue;
    const whole = decoded(text, start, at, search);
    if (whole !== undefined) found.push(whole);
    else found.push(...segments(text, start, at, search));
  }
  return found;
}

/** A run is also a path: `/unsubscribe/YWRh…`. */
function segments(text: string, start: number, end: number, search: Search): Match[] {
  const found: Match[] = [];
  let from = start;
  for (let at = start; at <= end; at += 1) {
    if (at < end && text.charCodeAt(at) !== 47) continue;
    const match = from === start && at === end ? undefined : decoded(text, from, at, search);
    if (match !== undefined) found.push(match);
    from = at + 1;
  }
  return found;
}

function decoded(text: string, start: number, runEnd: number, search: Search): Match | undefined {
  const length = runEnd - start;
  if (length < shortestRun || length > longestRun || length % 4 === 1) return undefined;
  const bytes = Buffer.from(text.slice(start, runEnd), 'base64');
  if (bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32) || byte > 126)) return undefined;
  const first = search(bytes.toString('latin1'))[0];
  if (first === undefined) return undefined;
  let end = runEnd;
  while (end < runEnd + 2 && text.charCodeAt(end) === 61) end += 1;
  return { start, end, type: first.type, rule: `${first.rule}+base64`, replacement: `[${first.type}]` };
}
