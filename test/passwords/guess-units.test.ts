import { describe, expect, it } from 'vitest';
import { fold, guessUnits } from '../../src/passwords/guess-units.js';

describe('guessUnits', () => {
  it.each([
    ['xkqv', 4, undefined],
    ['\u{1f511}\u{1f30a}', 2, undefined],
    ['password', 1, 'common'],
    ['xkpasswordqv', 5, 'common'],
    ['abcdefgh', 1, 'sequence'],
    ['hgfedcba', 1, 'sequence'],
    ['ab', 2, undefined],
    ['xkq1984', 4, 'sequence'],
    ['xkqvxkqv', 5, 'repeat'],
    ['larkspur', 1, 'context'],
    ['', 0, undefined],
  ])('takes %j for %i things', (password, count, pattern) => {
    expect(guessUnits(password, ['larkspur'], 99)).toEqual({ count, pattern });
  });

  it('undoes the usual swaps of letters for digits', () => {
    expect(guessUnits('p4$$w0rd', [], 99).count).toBe(1);
    expect(guessUnits('we1c0me', [], 99).count).toBe(1);
    expect(guessUnits('l1verp00l', [], 99).count).toBe(1);
  });

  it('stops where it is told, so that its work is bounded', () => {
    expect(guessUnits('xkqvwzjhgmbt', [], 8).count).toBe(8);
  });

  it('finds a word of a person only where it has three letters or more', () => {
    expect(guessUnits('xoxkqv', ['xo'], 99)).toEqual({ count: 6, pattern: undefined });
  });
});

describe('fold', () => {
  it('takes away what does not make a password harder to guess: capitals, blanks, signs between words, width', () => {
    expect(fold('Lark_Spur-Lane, \uff2c.')).toBe('larkspurlanel');
  });
});
