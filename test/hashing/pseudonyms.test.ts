import { hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DerivedKeys } from '../../src/base/ports/derived-keys.js';
import { createPseudonyms } from '../../src/hashing/index.js';

/** A ring of one key: real derivation, so that types have keys of their own. */
function ring(root: string, keyId = 0x0a0b0c0d): DerivedKeys {
  return {
    derive: (purpose, label) => ({
      keyId,
      key: Buffer.from(hkdfSync('sha256', Buffer.from(root), '', `${purpose}/${label}`, 32)),
    }),
  };
}

describe('createPseudonyms', () => {
  it('writes t1, the type, the key id and 128 bits, with nothing of the value in it', () => {
    const token = createPseudonyms({ keys: ring('one') }).of('email', 'ada@example.com');
    expect(token).toMatch(/^t1:email:0a0b0c0d:[A-Za-z0-9_-]{22}$/);
    expect(token).not.toContain('ada');
  });

  it('is HMAC-SHA-256 cut to 16 bytes (RFC 4231 test case 2)', () => {
    const jefe: DerivedKeys = { derive: () => ({ keyId: 1, key: Buffer.from('Jefe') }) };
    const expected = Buffer.from('5bdcc146bf60754e6a042426089575c7', 'hex').toString('base64url');
    expect(createPseudonyms({ keys: jefe }).of('text', 'what do ya want for nothing?')).toBe(
      `t1:text:00000001:${expected}`,
    );
  });

  it('joins the same value and nothing else: another value, type, or ring is unrelated', () => {
    const { of } = createPseudonyms({ keys: ring('one') });
    const tail = (token: string) => token.split(':').at(-1);
    expect(of('email', 'ada@example.com')).toBe(of('email', 'ada@example.com'));
    expect(of('email', 'ada@example.com')).not.toBe(of('email', 'Ada@example.com'));
    expect(tail(of('email', 'x'))).not.toBe(tail(of('phone', 'x')));
    expect(tail(of('email', 'x'))).not.toBe(tail(createPseudonyms({ keys: ring('two') }).of('email', 'x')));
  });

  it('asks the ring for the purpose and type each time, so a new active key takes over at once', () => {
    const asked: string[] = [];
    let active = ring('one', 1);
    const keys: DerivedKeys = {
      derive(purpose, label) {
        asked.push(`${purpose}/${label}`);
        return active.derive(purpose, label);
      },
    };
    const { of } = createPseudonyms({ keys });
    expect(of('email', 'x')).toContain(':00000001:');
    active = ring('two', 2);
    expect(of('email', 'x')).toContain(':00000002:');
    expect(asked).toEqual(['pseudonyms/email', 'pseudonyms/email']);
  });

  it.each(['', 'Email', 'e:mail', '1st', 'e mail', 'ä', 'a'.repeat(65)])('refuses %j as a type', (type) => {
    const { of } = createPseudonyms({ keys: ring('one') });
    expect(() => of(type, 'x')).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });

  it('refuses a value that is no text, and keys that derive nothing', () => {
    const missing: unknown = undefined;
    const { of } = createPseudonyms({ keys: ring('one') });
    expect(() => of('email', missing as string)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
    expect(() => createPseudonyms({ keys: {} as DerivedKeys })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });
});
