import { describe, expect, it } from 'vitest';
import { corpus } from '../../bench/corpora/generate.js';
import { readLabelled, scoredTypes } from '../../bench/corpora/labelled.js';
import { createRedactor } from '../../src/redaction/index.js';

describe('the labelled corpora', () => {
  it.each(['log-lines', 'prose'] as const)('of %s are the same for the same seed, and label what they say', (kind) => {
    const texts = corpus(kind, 'report', 300, 7);
    expect(corpus(kind, 'report', 300, 7)).toEqual(texts);
    expect(corpus(kind, 'report', 300, 8)).not.toEqual(texts);
    for (const { text, spans } of texts) {
      expect(text).not.toMatch(/[<>]/);
      for (const { type, start, end } of spans) {
        expect(scoredTypes).toContain(type);
        const value = text.slice(start, end);
        expect(value).toMatch(type === 'email' ? /^[^@\s]+@[^@\s]+$/ : /\d/);
      }
    }
    expect(texts.some(({ spans }) => spans.length === 0)).toBe(true);
  });

  it.each(['log-lines', 'prose'] as const)('of %s: clean texts stay whole, all labelled ones change', (kind) => {
    const { text: redact } = createRedactor();
    for (const { text, spans } of corpus(kind, 'report', 600, 3)) {
      if (spans.length === 0) expect(redact(text)).toBe(text);
      else expect(redact(text)).not.toBe(text);
    }
  });

  it('reads labelled sets of others, and maps their types', () => {
    const line = '{"text":"to ada@example.com","spans":[{"type":"EMAIL_ADDRESS","start":3,"end":18}]}\n';
    expect(readLabelled(line)).toEqual([{ text: 'to ada@example.com', spans: [{ type: 'email', start: 3, end: 18 }] }]);
    expect(() => readLabelled('{"text":1}')).toThrow(/line 1/);
  });
});
