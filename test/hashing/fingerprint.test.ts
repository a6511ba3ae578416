import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../src/hashing/index.js';
import { lazyXxHash } from '../../src/hashing/native.js';

describe('fingerprint', () => {
  // The reference XXH64 without a seed: "" from the xxHash documentation, the others from cespare/xxhash xxhash_test.go.
  it.each([
    ['', 'ef46db3751d8e999'],
    ['a', 'd24ec4f1a98c6e5b'],
    ['as', '1c330fb2d66be179'],
    ['asd', '631c37ce72a97393'],
    ['asdf', '415872f599cea71e'],
    ['Call me Ishmael. Some years ago--never mind how long precisely-', '02a2e85470d6fd96'],
  ])('is XXH64 without a seed, as 16 hex digits (%j)', (text, expected) => {
    expect(fingerprint(text)).toBe(expected);
  });

  it('is the same for text and for its UTF-8 bytes, wherever the bytes lie in their buffer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(7), (text, offset) => {
        const bytes = Buffer.from(`${'x'.repeat(offset)}${text}yy`);
        const view = bytes.subarray(offset, bytes.length - 2);
        expect(fingerprint(new Uint8Array(view))).toBe(fingerprint(text));
        expect(fingerprint(view)).toBe(fingerprint(text));
        expect(fingerprint(text)).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
  });

  it('refuses what is neither text nor bytes', () => {
    const body: unknown = { toString: () => 'x' };
    expect(() => fingerprint(body as string)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });

  it('says so in our words when the native module does not load, at every call', () => {
    const load = lazyXxHash(() => {
      throw new Error('dlopen failed: /secret/path');
    });
    for (let call = 0; call < 2; call += 1) {
      expect(load).toThrow(expect.objectContaining({ code: 'ERR_NATIVE_MODULE' }));
      expect(load).not.toThrow(/secret/);
    }
  });

  it('loads the native module at the first call and only once', () => {
    const asked: string[] = [];
    const load = lazyXxHash((name) => asked.push(name));
    expect(asked).toEqual([]);
    expect(load()).toBe(load());
    expect(asked).toEqual(['@node-rs/xxhash']);
  });
});
