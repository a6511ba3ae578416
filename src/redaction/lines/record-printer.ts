import { type Redactor, requireParts } from '../create-redactor.js';
import { applyMatches } from '../scan-text.js';
import { unreadable } from '../text-layer.js';
import { encodeRecord } from './encode-record.js';
import { createJsonLine } from './json-line.js';

/** A record that a logger has finished as text, perhaps as JSON, perhaps over several lines. Never throws. */
export type PrintRecord = (record: string) => string;

export function createRecordPrinter(redactor: Redactor): PrintRecord {
  const { matches } = requireParts(redactor);
  const json = createJsonLine(redactor);

  return function printRecord(record) {
    try {
      const end = /(?:\r?\n)?$/.exec(record)?.index ?? record.length;
      const body = record.slice(0, end);
      const asJson = json(body);
      if (asJson !== undefined) return asJson + record.slice(end);
      return encodeRecord(applyMatches(body, matches(body))) + record.slice(end);
    } catch {
      return `${unreadable}\n`;
    }
  };
}
