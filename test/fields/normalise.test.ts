import { describe, expect, it } from 'vitest';
import { normalisers } from '../../src/fields/normalise.js';

const email = normalisers['email/1'];

describe('email/1', () => {
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
