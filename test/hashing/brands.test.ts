import { describe, expect, it } from 'vitest';
import type { BlindIndex, FastHash, PasswordHash, Pseudonym } from '../../src/base/brands.js';
import { createKeyedFingerprint, fingerprint } from '../../src/hashing/index.js';

/** Each line is an error for the compiler (test/tsconfig.json); at run time they only show that nothing throws. */
describe('the type of a fast hash', () => {
  const findByEmail = (index: BlindIndex) => index.length;
  const log = (who: Pseudonym) => who.length;
  const store = (hash: PasswordHash) => hash.length;
  const etag = (hash: FastHash) => hash.length;

  it('does not compile where something must resist an attacker', () => {
    const hash = fingerprint('ada@example.com');
    // @ts-expect-error a fast hash is no blind index
    findByEmail(hash);
    // @ts-expect-error a fast hash is no pseudonym
    log(hash);
    // @ts-expect-error a fast hash is no password hash
    store(hash);
    // @ts-expect-error the number of an in-process table is no pseudonym either
    expect(() => log(createKeyedFingerprint()('x'))).not.toThrow();
    expect(etag(hash)).toBe(16);
  });

  it('is minted by hashing alone: a plain text does not compile as one', () => {
    // @ts-expect-error a string is no fast hash
    expect(etag('ef46db3751d8e999')).toBe(16);
  });
});
