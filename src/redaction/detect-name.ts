import type { Detection } from './finding.js';

const person = /^ \p{Lu}[\p{L}'’-]{1,24}(?:(?: \p{Lu}\.)? \p{Lu}[\p{L}'’-]{1,24}){0,2}/u;
const display = /(?:^|[\s:,;>"])((?:\p{Lu}[\p{L}.'’-]{0,24},? ){1,3}\p{Lu}[\p{L}.'’-]{0,24})"? ?$/u;

/** `Mr. Ada Lovelace`, `Dr. Lovelace`: the name behind a title whose dot is at `dot`; the title stays. */
export function detectTitledName(text: string, dot: number): Detection {
  const last = text.charCodeAt(dot - 1);
  if ((last !== 114 && last !== 115 && last !== 102) || text.charCodeAt(dot + 1) !== 32) return null;
  if (!/(?:^|[^\p{L}\p{N}])(?:Mr|Mrs|Ms|Dr|Prof)$/u.test(text.slice(Math.max(0, dot - 5), dot))) return null;
  const given = person.exec(text.slice(dot + 1, dot + 88));
  return given === null ? null : found(dot + 2, dot + 1 + given[0].length);
}

/** `Ada Lovelace <ada@example.com>`, `"Ada Lovelace" <…>`: who the address in the angle brackets belongs to. */
export function detectDisplayName(text: string, bracket: number, floor: number): Detection {
  const before = text.charCodeAt(bracket - 1);
  if (before !== 32 && before !== 34) return null;
  if (!/^<[^<>\s@]{1,64}@[^<>\s@]{1,255}>/.test(text.slice(bracket, bracket + 324))) return null;
  const front = text.slice(Math.max(floor, bracket - 110), bracket);
  const given = display.exec(front);
  if (given === null) return null;
  const start = bracket - front.length + given.index + given[0].indexOf(given[1] ?? '');
  return found(start, start + (given[1] ?? '').length);
}

function found(start: number, end: number): Detection {
  return { start, end, type: 'name', rule: 'value/name', replacement: '[name]' };
}
