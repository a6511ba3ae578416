import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/index.js';

/** Prose that we did not write, labelled by others; it lies beside the project and never in it. */
const path = resolve(import.meta.dirname, '../../../shared/corpora/prose-first-750.jsonl.txt');
const present = existsSync(path);
if (!present)
  console.warn(`SKIPPED: no labelled prose at ../shared/corpora; recall on foreign texts is not measured here`);

interface Labelled {
  readonly text: string;
  readonly spans: readonly { readonly type: string; readonly start: number; readonly end: number }[];
}
/** The least part found, as measured when these rules were written; phone patterns cannot find every country's forms. */
const floors: Readonly<Record<string, number>> = {
  EMAIL_ADDRESS: 1,
  US_SSN: 1,
  IBAN_CODE: 1,
  IP_ADDRESS: 1,
  CREDIT_CARD: 0.97,
  PHONE_NUMBER: 0.85,
};

describe.skipIf(!present)('on labelled prose', () => {
  const corpus = present
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Labelled)
    : [];
  const { find } = createRedactor();

  it.each(Object.entries(floors))('finds %s, at least the part %d', (type, floor) => {
    let found = 0;
    let all = 0;
    for (const { text, spans } of corpus) {
      const wanted = spans.filter((span) => span.type === type);
      const findings = wanted.length === 0 ? [] : find(text);
      all += wanted.length;
      found += wanted.filter(({ start, end }) => findings.some((f) => f.start <= start && f.end >= end)).length;
    }
    console.log(`${type}: ${found} of ${all} in ${corpus.length} texts`);
    expect(all).toBeGreaterThan(0);
    expect(found / all).toBeGreaterThanOrEqual(floor);
  });

  it('touches no text that has nothing personal', () => {
    const clean = corpus.filter(({ spans }) => spans.length === 0);
    console.log(`clean texts: ${clean.length}`);
    expect(clean.filter(({ text }) => find(text).length > 0)).toEqual([]);
  });
});
