import type { Counters } from './counters.js';
import { quoteJson } from './encode.js';
import type { Match } from './finding.js';
import { applyMatches, type ScanText } from './scan-text.js';

/** The last two layers for one string: value patterns, then output encoding. */
export interface TextLayer {
  /** The text without what was found, not yet encoded, at most `limit` characters of it and a mark. */
  redact(text: string, limit: number): string;
  /** The same as a JSON string. */
  quote(text: string, limit: number): string;
}

export const truncated = '[Truncated]';
/** What is printed of a text that could not be scanned: nothing of it. */
export const unreadable = '[Unreadable]';
/** How far beyond the cut is read, so that a datum across it is seen whole. */
const overlap = 512;

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

  return {
    redact(text, limit) {
      try {
        if (text.length > limit) return redactLong(text, limit);
        const { matches } = scan(text);
        if (matches.length === 0) return text;
        countAll(matches);
        return applyMatches(text, matches);
      } catch {
        return unreadable;
      }
    },
    quote(text, limit) {
      try {
        if (text.length > limit) return quoteJson(redactLong(text, limit));
        const { matches, needsEscape, isWide } = scan(text);
        if (matches.length === 0) return needsEscape || isWide ? quoteJson(text) : `"${text}"`;
        countAll(matches);
        return quoteJson(applyMatches(text, matches));
      } catch {
        return `"${unreadable}"`;
      }
    },
  };
}
