import { type Redactor, requireParts } from '../create-redactor.js';
import { isCardNumber } from '../detect-card.js';
import type { Report } from './line-finding.js';

/** Strings, which are passed over, and whole numbers that JavaScript may not hold. Run on valid JSON only. */
const stringsAndLongNumbers = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\w.+])-?\d{16,}(?![\d.eE])/g;
const strings = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
/** From the private use area: marks a number that was made a string so that its digits are not rounded. */
const numberMark = '\ue0f1';
const marked = /"\ue0f1(-?\d+)"/g;

/** A line of JSON, redacted by its keys as well; undefined for what is no object and no list. */
export type RedactJson = (line: string, report?: Report) => string | undefined;

/**
 * Keys decide on whole values here, lists and objects too, which no search in the text of a line can do. A line in
 * which nothing was to be replaced is given back as it was; numbers of any length keep their digits.
 */
export function createJsonLine(redactor: Redactor): RedactJson {
  const { ruleOf } = requireParts(redactor);

  return function redactJson(line, report) {
    const first = /^[\s\ufeff]*([{[])/.exec(line);
    if (first === null) return undefined;
    const text = line.trim();
    let value: unknown;
    let plain: string;
    let isMarked = false;
    try {
      value = JSON.parse(text);
      plain = JSON.stringify(value);
      // Whoever writes the mark into a line himself gets rounded numbers and no more.
      if (/\d{16}/.test(text) && !plain.includes(numberMark)) {
        value = JSON.parse(protectedNumbers(text));
        plain = JSON.stringify(value);
        isMarked = true;
      }
    } catch {
      return undefined;
    }
    const restored = (json: string): string => (isMarked ? json.replace(marked, '$1') : json);
    const redacted = redactor.serialize(value);
    if (redacted === plain) {
      // Of two members of one name JSON.parse keeps the last: what it dropped nobody has looked at.
      return text === plain || count(text) === count(plain) ? line : restored(redacted);
    }
    if (report !== undefined) explain(value, JSON.parse(redacted) as unknown, '', undefined, report);
    return restored(redacted);
  };

  /** Walks both forms side by side. A path is made of the keys as they print. */
  function explain(before: unknown, after: unknown, path: string, key: string | undefined, report: Report): void {
    if (before === after) return;
    if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after)) {
      const olds = Object.entries(before);
      const news = Object.entries(after);
      for (let at = 0; at < Math.max(olds.length, news.length); at += 1) {
        const [oldKey, oldValue] = olds[at] ?? ['', undefined];
        const [newKey, newValue] = news[at] ?? ['', undefined];
        const here = path === '' ? newKey : `${path}.${newKey}`;
        if (oldKey !== newKey) for (const { type, rule } of redactor.find(oldKey)) report({ type, rule, path: here });
        explain(oldValue, newValue, here, oldKey, report);
      }
      return;
    }
    const found =
      typeof before === 'string' && key !== undefined && ruleOf(key) === undefined ? redactor.find(before) : [];
    for (const { type, rule, start, end } of found) report({ type, rule, path, start, end });
    if (found.length > 0) return;
    const rule = (key === undefined ? undefined : ruleOf(key)) ?? fallbackRule(before, after);
    report({ type: rule.slice(rule.lastIndexOf('/') + 1), rule, path });
  }
}

function fallbackRule(before: unknown, after: unknown): string {
  if (after === '[Truncated]' || after === undefined) return 'limit/truncated';
  return typeof before === 'number' ? 'value/card' : 'encoding/control';
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** A card of more digits than JavaScript holds becomes a text, which is searched: rounded it would pass as no card. */
function protectedNumbers(text: string): string {
  return text.replace(stringsAndLongNumbers, (token) => {
    if (token.startsWith('"') || Number.isSafeInteger(Number(token))) return token;
    return isCardNumber(token) ? `"${token}"` : `"${numberMark}${token}"`;
  });
}

function count(text: string): number {
  return text.match(strings)?.length ?? 0;
}
