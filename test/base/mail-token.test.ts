import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/base/clock.js';
import { hashMailToken, mintMailToken } from '../../src/base/mail-token.js';

const fixed = { bytes: (count: number) => Buffer.alloc(count, 7), below: () => 0 };

describe('mail tokens', () => {
  it('have the frozen form: prefix, 32 random bytes, CRC-32 in base62', () => {
    const { text } = mintMailToken('rst', fixed);
    expect(text).toMatch(/^rst_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/);
    // Computed apart, with Python's zlib.crc32.
    expect(text).toBe('rst_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc1vvQXn');
  });

  it('are found again by what a person pastes, blanks around it too', () => {
    const { text, hash } = mintMailToken('cnf', systemRandom);
    expect(hashMailToken('cnf', ` ${text}\n`)?.equals(hash)).toBe(true);
  });

  it('are never of another kind', () => {
    expect(hashMailToken('rst', mintMailToken('cnf', systemRandom).text)).toBeNull();
  });

  it('are refused with any one character changed, cut or added', () => {
    fc.assert(
      fc.property(fc.nat({ max: 52 }), fc.constantFrom('', 'A', 'b', '9', '_', '-', ' ', 'é'), (at, replacement) => {
        const { text, hash } = mintMailToken('rst', systemRandom);
        const changed = text.slice(0, at) + replacement + text.slice(at + 1);
        const found = hashMailToken('rst', changed);
        expect(found === null || (changed === text && found.equals(hash))).toBe(true);
      }),
    );
  });
});
