import { describe, expect, it, vi } from 'vitest';
import { readPasswordText } from '../../src/passwords/password-text.js';

const composed = 'caf\u00e9 am see';
const decomposed = 'cafe\u0301 am see';

describe('readPasswordText', () => {
  it('takes a composed password as it is, and changes nothing in it', () => {
    const text = '  Tab\tund  Leerzeichen \u3000ＦＵＬＬ ﬁ \u0000 ';
    expect(readPasswordText(text)).toEqual({ usable: true, stored: Buffer.from(text), forms: [Buffer.from(text)] });
  });

  it('stores the composed form, and tries what was typed where it differs', () => {
    expect(readPasswordText(decomposed)).toEqual({
      usable: true,
      stored: Buffer.from(composed),
      forms: [Buffer.from(composed), Buffer.from(decomposed)],
    });
  });

  it.each(['\ud800', 'abc\udc00', '\udc00\ud800', `${'a'.repeat(20)}\udfff`])(
    'refuses a lone surrogate, which UTF-8 would turn into one and the same character (%j)',
    (text) => {
      expect(readPasswordText(text)).toEqual({ usable: false, because: 'text' });
    },
  );

  it.each([undefined, null, 7, ['a'], { length: 5 }])('refuses %j, which is no text', (value) => {
    expect(readPasswordText(value)).toEqual({ usable: false, because: 'text' });
  });

  it.each([
    ['256 letters', 'x'.repeat(256), true],
    ['257 letters', 'x'.repeat(257), false],
    ['256 signs of four bytes', '\u{1f511}'.repeat(256), true],
    ['257 signs of four bytes', '\u{1f511}'.repeat(257), false],
    ['ten million letters', 'x'.repeat(10_000_000), false],
    ['nothing', '', false],
    ['one letter', 'x', true],
    ['256 signs that composing makes longer than 1024 bytes', '\u{1d160}'.repeat(256), false],
    ['85 such signs', '\u{1d160}'.repeat(85), true],
  ])('takes at most 256 code points, 1024 bytes and at least one character: %s', (_name, text, usable) => {
    expect(readPasswordText(text)).toMatchObject(usable ? { usable } : { usable, because: 'length' });
  });

  it('does not walk a text that is far too long', () => {
    const walk = vi.spyOn(String.prototype, Symbol.iterator);
    try {
      expect(readPasswordText('x'.repeat(513))).toMatchObject({ usable: false, because: 'length' });
      expect(walk).not.toHaveBeenCalled();
    } finally {
      walk.mockRestore();
    }
  });
});
