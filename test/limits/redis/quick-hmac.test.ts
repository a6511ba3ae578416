import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { quickHmac } from '../../../src/limits/redis/quick-hmac.js';

describe('quickHmac', () => {
  it('gives what createHmac gives, for keys and texts of every length and script', () => {
    for (const keyBytes of [1, 31, 32, 33, 64]) {
      const key = randomBytes(keyBytes);
      const hmac = quickHmac(key);
      for (const text of ['', 'a', 'ada@example.com', 'ä€🙂'.repeat(9), 'x'.repeat(1000), '\u0000']) {
        const expected = createHmac('sha256', key).update(text, 'utf8').digest('hex');
        expect(hmac(text).toString('hex')).toBe(expected);
        expect(hmac(text).toString('hex')).toBe(expected);
      }
    }
  });
});
