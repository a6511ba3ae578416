import type { Counters } from './counters.js';
import { encodeText, quoteJson } from './encode.js';
import type { Match } from './finding.js';
import { applyMatches, type ScanText } from './scan-text.js';

/** The last two layers for one string: value patterns, then output encoding. */
export interface TextLayer {
  /** The text without what was found, its control characters written out. */
  print(text: string): string;
  /** The same as a JSON string. */
  quote(text: string, limit: number): string;
}

export const truncated = '[Truncated]';
/** What is printed of a text that could not be scanned: nothing of it. */
export const unreadable = '[Unreadable]';
/** How far beyond the cut is read, so that a datum across it is seen whole. */
const overlap = 512;

const remembered = 1024;
const longestRemembered = 256;

/** A place in the table out of a few characters; equality is what decides, so a crafted collision costs a scan. */
function slotOf(text: string): number {
  const { length } = text;
  const head = text.charCodeAt(0) + 7 * text.charCodeAt(length >> 2) + 31 * text.charCodeAt(length >> 1);
  return (
    (head + 97 * text.charCodeAt((length * 3) >> 2) + 193 * text.charCodeAt(length - 1) + 389 * length) &
    (remembered - 1)
  );
}

export function createTextLayer(scan: ScanText, counters: Counters): TextLayer {
  function countAll(matches: readonly Match[]): void {
    for (const { type } of matches) counters.count(type);
  }

  function redactLong(text: string, limit: number): string {
    const { matches } = scan(text.slice(0, limit + overlap));
    const kept = matches.filter(({ start }) => start < limit);
    countAll(kept);
    const end = Math.max(limit, kept.at(-1)?.end ?? 0);
    return `${applyMatches(text.slice(0, end), kept)}${truncated}`;
  }

  /** Texts that had nothing, each in the place its hash gives: a service's name, a route, a user agent come again. */
  const clean: string[] = Array.from({ length: remembered }, () => '');

  return {
    print(given) {
      try {
        const text = String(given);
        const { matches, needsEncoding } = scan(text);
        if (matches.length === 0) return needsEncoding ? encodeText(text) : text;
        countAll(matches);
        return encodeText(applyMatches(text, matches));
      } catch {
        return unreadable;
      }
    },
    quote(text, limit) {
      try {
        if (text.length > limit) return quoteJson(redactLong(text, limit));
        const slot = slotOf(text);
        if (clean[slot] === text) return `"${text}"`;
        const { matches, needsEscape } = scan(text);
        if (matches.length === 0) {
          if (needsEscape) return quoteJson(text);
          if (text.length <= longestRemembered) clean[slot] = text;
          return `"${text}"`;
        }
        countAll(matches);
        return quoteJson(applyMatches(text, matches));
      } catch {
        return `"${unreadable}"`;
      }
    },
  };
}
