/**
 * Characters that a log viewer acts on instead of showing: C0 and C1 controls, DEL, line and paragraph separator, the
 * bidirectional controls, and surrogates without a partner. Written as `\uXXXX`, so a value can neither start a line of
 * its own nor turn a terminal (ASVS 5.0 V16.4.1).
 */
const inText = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;
/** The same beyond what JSON escapes by itself. */
const inJson = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' };

export function encodeText(text: string): string {
  return text.replace(inText, (char) => short[char] ?? escaped(char));
}

/** A JSON string; JSON.stringify sees to quotes, backslashes, C0 and lone surrogates. */
export function quoteJson(text: string): string {
  return JSON.stringify(text).replace(inJson, escaped);
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
