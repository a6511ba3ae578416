import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/redaction/index.js';
import { atomsOf } from '../../../src/redaction/patterns/pattern-atoms.js';

const refused = expect.objectContaining({ code: 'ERR_PATTERN_REFUSED' });
const make = (pattern: RegExp, type = 'contract') => createRedactor({ patterns: [{ type, pattern }] });

describe('a pattern of the application', () => {
  it('is found in texts, values and members, counted, and named by its rule', () => {
    const redactor = make(/\bHN-\d{4}-[A-Z]{2}\b/g);
    expect(redactor.text('contract HN-1234-AB ends')).toBe('contract [contract] ends');
    expect(redactor.serialize({ note: 'HN-1234-AB', 'HN-9999-ZZ': 1 })).toBe('{"note":"[contract]","[contract]":1}');
    expect(redactor.find('a HN-1234-AB')).toEqual([{ start: 2, end: 12, type: 'contract', rule: 'pattern/contract' }]);
    // A stateful pattern leaks every second text.
    for (let again = 0; again < 3; again += 1) expect(redactor.text('HN-1234-AB')).toBe('[contract]');
    expect(redactor.text('[contract]')).toBe('[contract]');
    expect(redactor.counters()['contract']).toBe(6);
  });

  it('meets the built-in ones and is replaced as one with them', () => {
    const redactor = make(/customer ada@[a-z]{1,20}/);
    expect(redactor.text('customer ada@example.com, card 4111111111111111')).toBe('[contract], card [card 1111]');
    expect(redactor.find('customer ada@example.com')).toHaveLength(1);
  });

  it('works without any detector', () => {
    const redactor = createRedactor({ detectors: [], patterns: [{ type: 'badge', pattern: /B#\d{3}/i }] });
    expect(redactor.serialize({ a: 'b#123', b: 'ada@example.com' })).toBe('{"a":"[badge]","b":"ada@example.com"}');
  });

  it.each([
    ['a prefix and digits', /HN-\d{4,12}/],
    ['words with bounds', /\b[A-Z]{2,3} ?\d{1,6}\b/u],
    ['alternatives that do not meet', /(?:KUNDE|CUST)[-_]\d{1,9}/i],
    ['letters beyond ASCII', /\p{Lu}\p{Ll}{1,20}straße/u],
    ['a set with escapes', /ref:[\w\]-]{8}/],
    ['a look-ahead', /X(?=\d)\d{5}/],
  ])('is taken with %s', (_what, pattern) => {
    expect(() => make(pattern)).not.toThrow();
  });

  it.each([
    ['nested repetition', /(a+)+$/],
    ['nested repetition behind a prefix', /HN-(\w+\s?)+!/],
    ['alternatives that overlap', /(?:\d|\w)+x/],
    ['repeated alternatives', /^(?:a|a)*b/],
    ['two runs that meet', /[a-z]*[a-z]*[a-z]*\d/],
    ['a run that may begin anywhere', /\d+-\d+/],
    ['an address as it is often written', /[\w.+-]+@[\w-]+\.[\w.]+/],
    ['a dot that takes all', /.*secret.*/],
    ['a reference to a group', /(a)\1/],
    ['a reference by name', /(?<x>a)\k<x>/],
    ['look-behind', /(?<=id )\d{4}/],
    ['an empty match', /\d*/],
    ['a match of the empty text alone', /^$/],
    ['its own label', /contract/],
    ['a source of any length', new RegExp('a'.repeat(600))],
  ])('is refused with %s', (_what, pattern) => {
    expect(() => make(pattern)).toThrow(refused);
  });

  it.each([
    ['no pattern', [{ type: 'contract', pattern: 'x' }]],
    ['a type with capitals', [{ type: 'Contract', pattern: /x/ }]],
    ['nothing', [null]],
    ['too many', Array.from({ length: 51 }, () => ({ type: 'x', pattern: /HN-1/ }))],
  ])('is refused as an option: %s', (_what, patterns) => {
    expect(() => createRedactor({ patterns: patterns as never })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });

  it('is read in its parts, a few samples of each', () => {
    expect(atomsOf('C-\\d+')?.map(([first]) => first)).toEqual(['C', '-', '1']);
    expect(atomsOf('(?:[x-z]|\\u0041){2,3}?$')?.map(([first]) => first)).toEqual(['x', 'A']);
    expect(atomsOf('(?<!a)b')).toBeUndefined();
  });
});
