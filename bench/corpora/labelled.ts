/**
 * One text of a labelled set, one JSON object a line: `{"text": "…", "spans": [{"type": "email", "start": 3, "end": 18}]}`.
 * Offsets are UTF-16 code units, `end` exclusive. A text without spans is clean. Types are the words of `scoredTypes`,
 * or those of presidio-research, which are mapped; spans of other types are not scored.
 */
export interface Labelled {
  readonly text: string;
  readonly spans: readonly Span[];
}
export interface Span {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

export const scoredTypes = ['email', 'phone', 'card', 'ssn', 'iban', 'ip', 'secret'] as const;

const mapped: Readonly<Record<string, string>> = {
  EMAIL_ADDRESS: 'email',
  PHONE_NUMBER: 'phone',
  CREDIT_CARD: 'card',
  US_SSN: 'ssn',
  IBAN_CODE: 'iban',
  IP_ADDRESS: 'ip',
};

export function readLabelled(jsonLines: string): readonly Labelled[] {
  return jsonLines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, at) => {
      const { text, spans } = JSON.parse(line) as Partial<Labelled>;
      if (typeof text !== 'string' || !Array.isArray(spans)) throw new Error(`line ${at + 1}: no text with spans`);
      return { text, spans: spans.map((span: Span) => ({ ...span, type: mapped[span.type] ?? span.type })) };
    });
}

/** Puts values into the holes of a template and notes where each came to lie. */
export function filled(
  template: string,
  values: (name: string) => { readonly value: string; readonly type?: string },
): Labelled {
  let text = '';
  const spans: Span[] = [];
  for (const [at, part] of template.split(/[<>]/).entries()) {
    if (at % 2 === 0) {
      text += part;
      continue;
    }
    const { value, type } = values(part);
    if (type !== undefined) spans.push({ type, start: text.length, end: text.length + value.length });
    text += value;
  }
  return { text, spans };
}
