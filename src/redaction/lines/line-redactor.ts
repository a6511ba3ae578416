import { type Redactor, requireParts } from '../create-redactor.js';
import type { Match } from '../finding.js';
import { applyMatches } from '../scan-text.js';
import { truncated, unreadable } from '../text-layer.js';
import { encodeLine } from './encode-record.js';
import { createJsonLine } from './json-line.js';
import { createKeyBlocks } from './key-block.js';
import type { Report } from './line-finding.js';

/** Lines of one text, in their order: a block of a private key goes over many. */
export interface LineRedactor {
  /** The line without its end; undefined where nothing of it is printed. Never throws. */
  redact(line: string, report?: Report): string | undefined;
  /** The first `limit` characters and a mark; what lies across the cut is seen whole, as far as it is given. */
  redactCut(line: string, limit: number, report?: Report): string;
}

export function createLineRedactor(redactor: Redactor, { isJson }: { readonly isJson: boolean }): LineRedactor {
  const { matches } = requireParts(redactor);
  const json = isJson ? createJsonLine(redactor) : undefined;
  const keyBlocks = createKeyBlocks();

  function reported(found: readonly Match[], report: Report | undefined): readonly Match[] {
    if (report !== undefined) for (const { type, rule, start, end } of found) report({ type, rule, start, end });
    return found;
  }

  function plain(line: string, report: Report | undefined): string {
    const found = reported(matches(line), report);
    return encodeLine(found.length === 0 ? line : applyMatches(line, found));
  }

  return {
    redact(line, report) {
      try {
        const block = keyBlocks.of(line);
        if (block !== undefined) {
          if (block.begins) report?.({ type: 'private_key', rule: 'value/private-key' });
          const { before, after } = block;
          if (before === undefined) return after === undefined ? undefined : plain(after, report);
          return `${plain(before, report)}[private_key]`;
        }
        return json?.(line, report) ?? plain(line, report);
      } catch {
        return unreadable;
      }
    },
    redactCut(line, limit, report) {
      try {
        const found = reported(
          matches(line).filter(({ start }) => start < limit),
          report,
        );
        const end = Math.max(limit, found.at(-1)?.end ?? 0);
        return `${encodeLine(applyMatches(line.slice(0, end), found))}${truncated}`;
      } catch {
        return unreadable;
      }
    },
  };
}
