import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKeyedFingerprint } from '../../src/hashing/index.js';

describe('createKeyedFingerprint', () => {
  it('gives the same number for the same text and secret, and others under another secret', () => {
    const secret = randomBytes(192);
    const [one, two, other] = [
      createKeyedFingerprint(secret),
      createKeyedFingerprint(secret),
      createKeyedFingerprint(),
    ];
    expect(one('203.0.113.7/32')).toBe(two('203.0.113.7/32'));
    expect(one('203.0.113.7/32')).not.toBe(one('203.0.113.8/32'));
    expect(one('203.0.113.7/32')).not.toBe(other('203.0.113.7/32'));
  });

  it('has a new secret in every process by default', () => {
    expect(createKeyedFingerprint()('a')).not.toBe(createKeyedFingerprint()('a'));
  });

  it('copies the secret, so that later changes of the buffer change nothing', () => {
    const secret = randomBytes(192);
    const of = createKeyedFingerprint(secret);
    const before = of('a');
    secret.fill(0);
    expect(of('a')).toBe(before);
  });

  // A secret under 136 bytes makes the native code abort the whole process.
  it.each([0, 10, 135, 136, 191, 193])('refuses a secret of %i bytes', (size) => {
    expect(() => createKeyedFingerprint(randomBytes(size))).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    );
  });

  it.each([
    ['zeros', Buffer.alloc(192)],
    ['a repeated key', Buffer.alloc(192, randomBytes(32))],
    ['hex digits', Buffer.from(randomBytes(96).toString('hex'))],
    ['base64', Buffer.from(randomBytes(144).toString('base64'))],
  ])('refuses %s as a secret, for it is not random', (_name, secret) => {
    expect(secret.length).toBe(192);
    expect(() => createKeyedFingerprint(secret)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });

  it('never refuses its own random secrets', () => {
    for (let round = 0; round < 300; round += 1) expect(() => createKeyedFingerprint()).not.toThrow();
  });
});
