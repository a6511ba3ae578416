import { describe, expect, it } from 'vitest';
import { cookieText, readCookies } from '../../src/http/index.js';
import { requestFrom } from './request-from.js';

const read = (cookie: string) => readCookies(requestFrom('203.0.113.7', { Cookie: cookie }));

describe('readCookies', () => {
  it('reads pairs as sent, decoding nothing', () => {
    expect([...read('a=1; b="x" ;c=%41;d=')]).toEqual([
      ['a', '1'],
      ['b', '"x"'],
      ['c', '%41'],
      ['d', ''],
    ]);
    expect(readCookies(requestFrom('203.0.113.7')).size).toBe(0);
  });

  it('takes the first of two with one name', () => {
    expect(read('__Host-sid=first; __Host-sid=second').get('__Host-sid')).toBe('first');
  });

  it('leaves out what RFC 6265 does not allow, a nameless cookie that mimics a name included', () => {
    expect([...read('=__Host-sid=x; a b=1; c=1,2; d="1; e; f=\u00e9; g=1 2;; ok=1').keys()]).toEqual(['ok']);
  });

  it('has no names of a prototype', () => {
    const cookies = read('__proto__=1; constructor=2');
    expect(cookies.get('__proto__')).toBe('1');
    expect(read('a=1').get('constructor')).toBeUndefined();
  });

  it('takes time in proportion to the length of a hostile header', () => {
    const start = performance.now();
    read(`a=${' '.repeat(200_000)}b`);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('cookieText', () => {
  it('is Secure, HttpOnly, Lax and host-bound unless told otherwise', () => {
    expect(cookieText('__Host-sid', 'abc')).toBe('__Host-sid=abc; Path=/; Secure; HttpOnly; SameSite=Lax');
    expect(
      cookieText('__Secure-d', 'abc', { path: '/login', sameSite: 'Strict', httpOnly: false, maxAgeSeconds: 0 }),
    ).toBe('__Secure-d=abc; Path=/login; Max-Age=0; Secure; SameSite=Strict');
  });

  it('refuses what a browser would refuse, cut or misread', () => {
    const refused: readonly (readonly [string, string, object?])[] = [
      ['sid', 'x'],
      ['__host-sid', 'x'],
      ['__Host-', 'x'],
      ['__Host-s d', 'x'],
      ['__Host-sid', 'x; Domain=example.com'],
      ['__Host-sid', 'x\r\nSet-Cookie: a=b'],
      ['__Host-sid', 'a b'],
      ['__Host-sid', 'é'],
      ['__Host-sid', 'x', { path: '/account' }],
      ['__Secure-d', 'x', { path: '/a; Domain=example.com' }],
      ['__Secure-d', 'x', { path: 'account' }],
      ['__Host-sid', 'x'.repeat(4090)],
    ];
    for (const [name, value, options] of refused)
      expect(() => cookieText(name, value, options), name).toThrow(
        expect.objectContaining({ code: 'ERR_COOKIE_INVALID' }),
      );
  });

  it('refuses a life beyond the 400 days that browsers cap it to', () => {
    expect(() => cookieText('__Host-sid', 'x', { maxAgeSeconds: 34_560_001 })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });

  it('writes what readCookies reads back', () => {
    expect(read(cookieText('__Host-sid', 'AZ09-_.~').split(';')[0] ?? '').get('__Host-sid')).toBe('AZ09-_.~');
  });
});
