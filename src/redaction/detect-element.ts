import { isDigit, isLetter, isSpace, isWord, runEnd } from './characters.js';
import type { Detection } from './finding.js';
import type { KeyRules } from './key-rules.js';

const longestName = 64;
const isNamePart = (code: number): boolean =>
  isLetter(code) || isDigit(code) || code === 95 || code === 45 || code === 46 || code === 58;

/** `<wsse:Password Type="…">hunter2</wsse:Password>`: what an element holds whose name has a rule; `at` is its last `<`. */
export function detectElement(text: string, at: number, floor: number, keys: KeyRules): Detection {
  if (text.charCodeAt(at + 1) !== 47) return null;
  const nameEnd = runEnd(text, at + 2, longestName, isNamePart);
  if (nameEnd === at + 2 || text.charCodeAt(nameEnd) !== 62) return null;
  const rule = keys.ofSpan(text, at + 2, nameEnd);
  if (rule === undefined) return null;
  // No cap: every closing tag ends with what stops the look of the next one, so each character is read once.
  let start = at;
  while (start > floor && text.charCodeAt(start - 1) !== 62) start -= 1;
  const given = text.slice(start, at);
  if (given.trim() === '' || given.includes('<')) return null;
  const replacement = keys.replace(rule, given);
  return replacement === given ? null : { start, end: at, type: rule.type, rule: rule.rule, replacement };
}

/** `--password hunter2`, `--api-key …` of a command line: the next word; `at` is the first of the two hyphens. */
export function detectFlag(text: string, at: number, keys: KeyRules): Detection {
  const before = text.charCodeAt(at - 1);
  if (isWord(before) || before === 45) return null;
  const nameEnd = runEnd(text, at + 2, longestName, (code) => isLetter(code) || isDigit(code) || code === 45);
  if (nameEnd - at < 5 || text.charCodeAt(nameEnd) !== 32) return null;
  const rule = keys.ofSpan(text, at + 2, nameEnd);
  if (rule === undefined || !rule.secret) return null;
  const start = nameEnd + 1;
  let end = start;
  while (end < text.length && !isSpace(text.charCodeAt(end))) end += 1;
  const given = text.slice(start, Math.min(end, start + 64));
  // Another flag, a placeholder of a help text, or the words of one.
  if (given === '' || /^[-<[{$]/.test(given) || isHelp.test(text.slice(start, start + 12))) return null;
  return { start, end, type: rule.type, rule: rule.rule, replacement: rule.label };
}

const isHelp = /^(?:is|was|and|or|to|for|of|the|a|an|in|from|with|must|not|has|flag|option|can|may|which|that)\b/i;
