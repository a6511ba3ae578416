import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { logParts, storedParts } from '../../examples/shared/glass-parts.js';

function sealed(): string {
  const bytes = randomBytes(62 + 32 + 16);
  bytes.set([0xc1, 0x01, 0x8f, 0x3a, 0x21, 0xc4]);
  return `sf1.${bytes.toString('base64url')}`;
}

describe('behind glass', () => {
  it('cuts a sealed value where its header and nonce end, and reads suite and key id from it', () => {
    const value = sealed();
    const { parts, how } = storedParts(value);
    expect(parts.map(({ text }) => text).join('')).toBe(value);
    expect(parts.map(({ is, text }) => [is, text.length]).slice(0, 3)).toEqual([
      ['head', 12],
      ['nonce', 32],
      ['commit', 43],
    ]);
    expect(how).toBe('sealed, KC-XAES-256-GCM, key 8f3a21c4');
  });

  it('shows what is no sealed value as it is', () => {
    expect(storedParts('sf1.short').parts).toEqual([{ is: 'clear', text: 'sf1.short' }]);
  });

  it('colours a log line without changing a character of it', () => {
    const line = JSON.stringify({
      level: 30,
      row: { email: '[user.contact.email]', tags: ['[x]', 'y]'] },
      msg: 'a "b": c',
    });
    const parts = logParts(line);
    expect(parts.map(({ text }) => text).join('')).toBe(line);
    expect(parts).toContainEqual({ is: 'label', text: '[user.contact.email]' });
    expect(parts).toContainEqual({ is: 'key', text: '"email":' });
  });
});
