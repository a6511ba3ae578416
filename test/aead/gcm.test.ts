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
    const open = (from: number, to: number, data = aad) =>
      openGcm(key, nonce, data, out.subarray(from, to), out.subarray(to));
    expect(open(7, 12)?.toString()).toBe('hello');
    expect(open(6, 12)).toBeNull();
    expect(open(7, 12, Buffer.from('aae'))).toBeNull();
  });

  it('takes no tag that is cut, or longer', () => {
    const out = Buffer.alloc(5 + gcmTagBytes);
    sealGcm(key, nonce, aad, Buffer.from('hello'), out, 0);
    const tag = out.subarray(5);
    for (const other of [tag.subarray(0, 4), tag.subarray(0, 15), Buffer.concat([tag, Buffer.alloc(1)])])
      expect(() => openGcm(key, nonce, aad, out.subarray(0, 5), other)).toThrow('tag length');
  });

  it('says the length of its tag in every call of the platform, which would take 4 bytes otherwise', () => {
    const source = readFileSync(join(import.meta.dirname, '../../src/aead/gcm.ts'), 'utf8');
    const calls = source.match(/create(?:C|Dec)ipheriv\('[^\n]*/g) ?? [];
    expect(calls.length).toBe(4);
    for (const call of calls) expect(call).toContain(', wholeTag)');
    expect(gcmTagBytes).toBe(16);
  });
});
