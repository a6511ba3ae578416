import { encodeText } from '../encode.js';

const acted = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/;
/**
 * What stays of a finished record: tabs; the colours of a terminal, but not the one that conceals; and line ends before
 * an indented or closing line, so that a stack trace stays readable. Nothing that begins a line of its own stays.
 */
const kept = /(\t|\u001b\[(?!(?:[0-9;]*;)?0*8[;m])[0-9;]{0,16}m|\r?\n(?=[ \t}\])]))/;

/** One line of a text: controls are written out, tabs stay, for tables are made of them (ASVS 5.0 V16.4.1). */
export function encodeLine(line: string): string {
  return acted.test(line) ? line.split('\t').map(encodeText).join('\t') : line;
}

/** A record that a logger has finished, perhaps over several lines. A value in it cannot begin a record of its own. */
export function encodeRecord(record: string): string {
  if (!acted.test(record)) return record;
  return record
    .split(kept)
    .map((part, at) => (at % 2 === 1 ? part : encodeText(part)))
    .join('');
}
