import type { Detection } from './finding.js';
import type { KeyRules } from './key-rules.js';

const passwordClause =
  /\b(?:identified(?: with [\w']{1,32})? by|(?:role|user|with|login|encrypted|for|set)\b[^']{0,40}\bpassword(?: as| =)?) {1,3}$/i;

/** `IDENTIFIED BY '…'`, `PASSWORD '…'` of SQL: the text behind the apostrophe at `opening`, to its closing one. */
export function detectSqlPassword(text: string, opening: number): Detection {
  if (text.charCodeAt(opening - 1) !== 32) return null;
  const last = text.charCodeAt(opening - 2) | 32;
  if (
    (last !== 100 && last !== 121 && last !== 115 && last !== 32) ||
    !passwordClause.test(text.slice(Math.max(0, opening - 64), opening))
  )
    return null;
  const start = opening + 1;
  let end = start;
  for (; end < text.length; end += 1) {
    if (text.charCodeAt(end) !== 39) continue;
    if (text.charCodeAt(end + 1) !== 39) break;
    end += 1;
  }
  return end === start
    ? null
    : { start, end: Math.min(end, text.length), type: 'password', rule: 'value/sql', replacement: '[password]' };
}

/**
 * A field of `multipart/form-data` at the `=` of `name="password"`: its value stands behind an empty line and ends at
 * the next boundary. Line ends may be written out (`\r\n`).
 */
export function detectFormField(text: string, equals: number, keys: KeyRules): Detection {
  if (text.charCodeAt(equals + 1) !== 34 || !text.startsWith('name', equals - 4)) return null;
  const given = /^="([^"\r\n\\]{1,64})\\?"[^\r\n\\]{0,80}(\r\n|\n|\\r\\n|\\n)(?:content-[^\r\n\\]{1,80}\2)?\2/i.exec(
    text.slice(equals, equals + 256),
  );
  const rule = given === null ? undefined : keys.ofText(given[1] ?? '');
  if (given === null || rule === undefined) return null;
  const start = equals + given[0].length;
  const lineEnd = given[2] ?? '\n';
  const boundary = text.indexOf(`${lineEnd}--`, start);
  const end = boundary === -1 ? text.length : boundary;
  if (end <= start) return null;
  return { start, end, type: rule.type, rule: rule.rule, replacement: keys.replace(rule, text.slice(start, end)) };
}
