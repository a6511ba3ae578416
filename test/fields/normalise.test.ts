import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalisers } from '../../src/fields/normalise.js';

const email = normalisers['email/1'];

/** The rule without its shortcut for plain addresses. */
function slowly(value: string): string {
  const folded = value.trim().normalize('NFC').toLowerCase().normalize('NFC');
  const at = folded.lastIndexOf('@');
  const domain = folded.slice(at + 1);
  const ascii = /^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) ? domainToASCII(domain) : '';
  return at < 0 ? folded : `${folded.slice(0, at + 1)}${ascii || domain}`;
}

describe('email/1', () => {
  it('is the same by the shortcut as by the long way', () => {
    const part = fc.stringMatching(/^[a-cXN0-9.-]{0,9}$/);
    const odd = fc.constantFrom(
      'xn--a',
      '0x7f',
      '127.1',
      '\u212a',
      '\u0131',
      '\u00df',
      'a--b',
      '-a',
      'a-',
      '.',
      ' ',
      '',
    );
    fc.assert(
      fc.property(part, part, odd, part, (local, start, middle, end) => {
        const address = `${local}@${start}${middle}${end}`;
        expect(email(address)).toBe(slowly(address));
      }),
      { numRuns: 3000 },
    );
    for (const address of [
      'Ada@1.2.3.4',
      'Ada@0x7f.1',
      'Ada@XN--a.example.com',
      'Ada@example.com\n',
      'Ada@Example.COM',
    ])
      expect(email(address)).toBe(slowly(address));
  });

  it.each([
    [' Ada@Example.COM ', 'ada@example.com'],
    ['ada@b\u00fccher.example.com', 'ada@xn--bcher-kva.example.com'],
    ['a@b@example.com', 'a@b@example.com'],
    ['nobody', 'nobody'],
  ])('folds %j to %j', (typed, folded) => {
    expect(email(typed)).toBe(folded);
  });

  it.each([
    'ada@example.com#example.net',
    'ada@example.com/example.net',
    'ada@example.com?example.net',
    'ada@ex%61mple.com',
    'ada@exam\u00adple.com',
    'ada@example.com:25',
    'ada@example\u3002com',
    'ada@[192.0.2.1]',
  ])('never folds %j to the address of somebody else', (typed) => {
    expect(email(typed)).not.toBe('ada@example.com');
    expect(email(typed)).toBe(typed);
  });
});
