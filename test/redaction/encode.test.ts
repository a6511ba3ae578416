import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/index.js';

const redactor = createRedactor();

describe('output encoding', () => {
  const controls = [
    ['C0', '\u0000\u001b\u001f', '\\u0000\\u001b\\u001f'],
    ['line ends', 'a\r\nb\tc', 'a\\r\\nb\\tc'],
    ['DEL and C1', '\u007f\u0080\u009b', '\\u007f\\u0080\\u009b'],
    ['separators', '\u2028\u2029', '\\u2028\\u2029'],
    [
      'bidirectional controls',
      '\u061c\u200e\u200f\u202a\u202e\u2066\u2069',
      '\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069',
    ],
    ['lone surrogates', 'a\ud800b\udc00', 'a\\ud800b\\udc00'],
  ] as const;

  it.each(controls)('writes out %s in a text and in JSON', (_what, given, printed) => {
    expect(redactor.text(given)).toBe(printed);
    expect(redactor.serialize(given)).toBe(`"${printed}"`);
    expect(redactor.serialize({ [given]: given })).toBe(`{"${printed}":"${printed}"}`);
    expect(JSON.parse(redactor.serialize(given))).toBe(given);
  });

  it('also around a finding, and with key rules alone', () => {
    expect(redactor.serialize('\u009b ada@example.com "\u202e"')).toBe('"\\u009b ***@example.com \\"\\u202e\\""');
    expect(createRedactor({ detectors: [] }).serialize('\u009b"\n')).toBe('"\\u009b\\"\\n"');
  });

  it('leaves every other character as it is', () => {
    const given = 'é ß 日本語 😀 ‹› \u00a0 \ufeff';
    expect(redactor.text(given)).toBe(given);
    expect(redactor.serialize(given)).toBe(JSON.stringify(given));
  });
});
