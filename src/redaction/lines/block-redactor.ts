import type { Redactor } from '../create-redactor.js';
import { unreadable } from '../text-layer.js';
import { overlapBytes } from './line-blocks.js';
import type { LineFinding, Report } from './line-finding.js';
import { createLineRedactor } from './line-redactor.js';

/** A finding with the line it is in, counted from 1. */
export interface BlockFinding extends LineFinding {
  readonly line: number;
}

export interface BlockOptions {
  readonly isJson: boolean;
  readonly maxLineBytes: number;
  readonly report?: ((finding: BlockFinding) => void) | undefined;
}

/** Whole lines in, whole lines out: what `createLineBlocks` gives. The blocks of one text go to one redactor in order. */
export interface BlockRedactor {
  redact(block: Buffer): Buffer;
  /** How many lines were cut because they are longer than `maxLineBytes`. */
  cutLines(): number;
  /** How many lines were read. */
  lines(): number;
}

export function createBlockRedactor(redactor: Redactor, { isJson, maxLineBytes, report }: BlockOptions): BlockRedactor {
  const lines = createLineRedactor(redactor, { isJson });
  let number = 0;
  let cut = 0;
  const perLine: Report | undefined = report && ((finding) => report({ line: number, ...finding }));

  function redacted(line: string): string | undefined {
    // A character is at most three bytes per code unit, so most lines need no count.
    if (line.length * 3 <= maxLineBytes) return lines.redact(line, perLine);
    const bytes = Buffer.from(line);
    if (bytes.length <= maxLineBytes) return lines.redact(line, perLine);
    cut += 1;
    const limit = wholeCharacters(bytes.subarray(0, maxLineBytes)).length;
    return lines.redactCut(wholeCharacters(bytes.subarray(0, maxLineBytes + overlapBytes)), limit, perLine);
  }

  return {
    cutLines: () => cut,
    lines: () => number,
    redact(block) {
      try {
        const text = block.toString('utf8');
        let out = '';
        for (let at = 0; at < text.length; ) {
          const feed = text.indexOf('\n', at);
          const end = feed < 0 ? text.length : feed;
          const hasReturn = end > at && text.charCodeAt(end - 1) === 13;
          number += 1;
          const line = redacted(text.slice(at, hasReturn ? end - 1 : end));
          if (line !== undefined) out += `${line}${hasReturn ? '\r' : ''}${feed < 0 ? '' : '\n'}`;
          at = end + 1;
        }
        return Buffer.from(out);
      } catch {
        return Buffer.from(`${unreadable}\n`);
      }
    },
  };
}

/** The text without the character that the cut went through. */
function wholeCharacters(bytes: Buffer): string {
  let end = bytes.length;
  while (end > 0 && end > bytes.length - 4 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end -= 1;
  const lead = bytes[end - 1] ?? 0;
  const wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  const isWhole = bytes.length - end + 1 >= wanted;
  return bytes.toString('utf8', 0, isWhole ? bytes.length : end - 1);
}
