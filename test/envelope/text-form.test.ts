import { describe, expect, it } from 'vitest';
import { createTextDecoder } from '../../src/envelope/text-form.js';

const decode = createTextDecoder(Buffer.alloc(16));
const bytes = (text: string) => Buffer.from(text, 'base64url');

/** What the rule means: the bytes whose canonical text this is. */
function canonical(text: string): Buffer | null {
  const body = text.slice(4);
  return text.startsWith('sf1.') && bytes(body).toString('base64url') === body ? bytes(body) : null;
}

describe('the text form', () => {
  it('is read where a canonical encoder would have written it, and nowhere else', () => {
    const wrong: string[] = [];
    for (let length = 0; length <= 8; length += 1) {
      const text = `sf1.${'wQAA_-9z'.slice(0, length)}`;
      for (let at = 4; at <= text.length; at += 1) {
        // All of one byte, and what has the low byte of a character of the alphabet, or is none of UTF-16's own.
        for (const unit of [...Array(0x180).keys(), 0x2041, 0xd800, 0xff21, 0xffff]) {
          const other = `${text.slice(0, at)}${String.fromCharCode(unit)}${text.slice(at + 1)}`;
          const [found, expected] = [decode(other), canonical(other)];
          if (found === null ? expected !== null : expected === null || !found.equals(expected)) wrong.push(other);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['the other alphabet', 'sf1.++//'],
    ['padding', 'sf1.wQ=='],
    ['other trailing bits', 'sf1.wR'],
    ['a character whose low byte is one of the alphabet', 'sf1.w\u0151'],
    ['a group of one character', 'sf1.wQAAw'],
    ['another prefix', 'sf2.wQAA'],
  ])('is not read with %s', (_what, text) => {
    expect(decode(text)).toBeNull();
  });

  it('is read whatever its length, and a value does not show through the next one', () => {
    for (const length of [1, 16, 17, 3, 5000, 16, 0]) {
      const value = Buffer.alloc(length, length);
      expect(decode(`sf1.${value.toString('base64url')}`)?.equals(value)).toBe(true);
    }
  });
});
