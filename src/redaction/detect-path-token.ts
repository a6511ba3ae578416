import { isBase64Url, runEnd } from './characters.js';
import type { Detection } from './finding.js';

const whole = Number.POSITIVE_INFINITY;
const segments =
  /\/(?:password-?reset|reset-?password|reset|verify(?:-?email)?|verification|confirm(?:ation|-?email)?|activat(?:e|ion)|invit(?:e|es|ation|ations)|magic(?:-?link)?|unsubscribe|recover(?:y)?|tokens?|password\/(?:edit|new))$/i;
/** Last letters of the words above: most slashes are done with one comparison. */
const lastLetters = new Set([...'tylnecskrwTYLNECSKRW'].map((char) => char.charCodeAt(0)));

/** `/reset/<token>`: a long segment with a digit behind one that names what it opens. The slash is at `slash`. */
export function detectPathToken(text: string, slash: number): Detection {
  if (!lastLetters.has(text.charCodeAt(slash - 1)) || !isBase64Url(text.charCodeAt(slash + 16))) return null;
  const start = slash + 1;
  if (!segments.test(text.slice(Math.max(0, slash - 20), slash))) return null;
  const end = runEnd(text, start, whole, isTokenPart);
  if (end - start < 16 || !/\d|[a-z][A-Z]/.test(text.slice(start, Math.min(end, start + 64)))) return null;
  return { start, end, type: 'token', rule: 'value/path-token', replacement: '[token]' };
}

const isTokenPart = (code: number): boolean => isBase64Url(code) || code === 46 || code === 126 || code === 61;
