import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gcmTagBytes, openGcm, sealGcm } from '../../src/aead/gcm.js';

const key = Buffer.alloc(32, 1);
const nonce = Buffer.alloc(12, 2);
const aad = Buffer.from('aad');

describe('AES-256-GCM', () => {
  it('opens what it sealed, from any place in a buffer', () => {
    const out = Buffer.alloc(7 + 5 + gcmTagBytes);
    sealGcm(key, nonce, aad, Buffer.from('hello'), out, 7);
    expect(openGcm(key, nonce, aad, out, 7)?.toString()).toBe('hello');
    expect(openGcm(key, nonce, aad, out, 6)).toBeNull();
    expect(openGcm(key, nonce, Buffer.from('aae'), out, 7)).toBeNull();
    expect(openGcm(key, nonce, aad, Buffer.alloc(gcmTagBytes - 1))).toBeNull();
  });

  it('says the length of its tag in every call of the platform, which would take 4 bytes otherwise', () => {
    const source = readFileSync(join(import.meta.dirname, '../../src/aead/gcm.ts'), 'utf8');
    const calls = source.match(/create(?:C|Dec)ipheriv\('[^\n]*/g) ?? [];
    expect(calls.length).toBe(3);
    for (const call of calls) expect(call).toContain(', wholeTag)');
    expect(gcmTagBytes).toBe(16);
  });
});
