import { isBase64Url, isDigit, isMailLocal, isWord } from './characters.js';
import type { Detection } from './finding.js';

/** Last labels that make a file or a unit of what looks like an address: `logo@2x.png`, `getty@tty1.service`. */
const notTopLevel = new Set(
  'png jpg jpeg gif svg webp ico css js mjs cjs ts tsx jsx json html service socket timer mount target slice'.split(
    ' ',
  ),
);

/**
 * An address around an `@` (or `%40`) at `at`. `floor` is where the last finding ended: nothing before it is read. No
 * length is cut off, because what is cut off is printed; both looks end at the next `@`, so together they read each
 * character twice at most.
 */
export function detectEmail(text: string, at: number, width: 1 | 3, floor: number): Detection {
  let start = at;
  while (start > floor && isLocal(text.charCodeAt(start - 1))) start -= 1;
  while (start < at && !isWord(text.charCodeAt(start))) start += 1;
  // `mailto=ada@…`, `user/ada@…`: what stands before the last delimiter is not the address.
  for (let back = at - 1; back > start; back -= 1) {
    const code = text.charCodeAt(back);
    if (code === 61 || code === 47 || code === 63 || code === 38 || code === 39) {
      start = back + 1;
      break;
    }
  }
  if (start === at) start = quotedLocal(text, at, floor);
  if (start === at) return null;
  const end = domainEnd(text, at + width);
  if (end === -1) return null;
  // `git@github.com:owner/name` names a machine's account.
  if (text.charCodeAt(end) === 58 && at - start === 3 && text.startsWith('git', start)) return null;
  return { start, end, type: 'email', rule: 'value/email', replacement: `***@${text.slice(at + width, end)}` };
}

/** `"ada lovelace"@…` may hold anything; sixty-four characters are all that a local part has. */
function quotedLocal(text: string, at: number, floor: number): number {
  if (text.charCodeAt(at - 1) !== 34) return at;
  const lowest = Math.max(floor, at - 66);
  for (let start = at - 2; start >= lowest; start -= 1) {
    const code = text.charCodeAt(start);
    if (code === 34) return start < at - 2 ? start : at;
    if (code < 32 || code === 58 || code === 44) return at;
  }
  return at;
}

const isLocal = (code: number): boolean => code >= 0xa1 || isMailLocal(code);

/** The end of a domain with at least two labels and a last label of letters, or -1. */
function domainEnd(text: string, from: number): number {
  let label = from;
  let end = -1;
  let at = from;
  for (; at <= text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isBase64Url(code) || code >= 0xa1) continue;
    if (at === label) break;
    if (label > from && isTopLevel(text.slice(label, at))) end = at;
    if (code !== 46) break;
    label = at + 1;
  }
  return end;
}

function isTopLevel(label: string): boolean {
  if (label.length < 2 || label.length > 24 || isDigit(label.charCodeAt(0))) return false;
  return /^(?:xn--[a-z0-9-]+|[\p{L}]+)$/iu.test(label) && !notTopLevel.has(label.toLowerCase());
}
