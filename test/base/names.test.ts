import { describe, expect, it } from 'vitest';
import { nameOf, nearest, pathName, say } from '../../src/base/names.js';

describe('nameOf', () => {
  it.each(['customers', 'card_last4', 'x-forwarded', 'public.customers', '@node-rs/argon2', 'DATABASE_URL', '$ref'])(
    'mints the identifier %s',
    (text) => {
      expect(nameOf(text)).toBe(text);
    },
  );

  it.each([
    'ada@example.com',
    'Ada Lovelace',
    '',
    'a'.repeat(82),
    'line\nbreak',
    'trailing\n',
    '\u001b[31mred',
    'größe',
    '-option',
    '<script>',
  ])('does not echo %j, which is no identifier', (text) => {
    expect(nameOf(text)).toBe('(unprintable)');
  });
});

describe('pathName', () => {
  it('keeps a path as it is and lets no control character through to a terminal', () => {
    expect(pathName('/srv/shop/root.key')).toBe('/srv/shop/root.key');
    expect(pathName('a\u001b[2Jb\r\nc')).toBe('a?[2Jb??c');
    expect(pathName('x'.repeat(2000))).toHaveLength(512);
  });
});

describe('say', () => {
  it('puts names, numbers and sentences into the gaps of a sentence', () => {
    const table = nameOf('customers');
    expect(say`${table} has ${2} gaps: ${say`no purpose`}`).toBe('customers has 2 gaps: no purpose');
  });

  it('does not compile with free text in a gap', () => {
    const typed: string = 'ada@example.com';
    // @ts-expect-error a person's text is no Name
    expect(say`unknown ${typed}`).toBeTypeOf('string');
  });
});

describe('nearest', () => {
  const known = ['origin', 'proxies', 'hstsMaxAgeSeconds', 'directory', 'onExposedCredential'];
  it.each([
    ['orgin', 'origin'],
    ['Origin', 'origin'],
    ['hstsMaxAge', 'hstsMaxAgeSeconds'],
    ['hstsMaxAgeSecond', 'hstsMaxAgeSeconds'],
    ['proxys', 'proxies'],
    ['onExposedCredentials', 'onExposedCredential'],
  ])('finds for %s what was meant: %s', (typed, meant) => {
    expect(nearest(typed, known)).toBe(meant);
  });

  it('is silent when nothing is near', () => {
    expect(nearest('colour', known)).toBeUndefined();
    expect(nearest('key', ['age', 'for'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });

  it('prefers the nearer of two', () => {
    expect(nearest('cards', ['card', 'cart', 'carts'])).toBe('card');
  });
});
