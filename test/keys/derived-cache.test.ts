import { describe, expect, it } from 'vitest';
import { createDerivedCache } from '../../src/keys/derived-cache.js';
import type { RingKey } from '../../src/keys/key-state.js';

function countingKey(id: number): { readonly key: RingKey; readonly made: Buffer[] } {
  const made: Buffer[] = [];
  const derive = (info: Uint8Array) => {
    const bytes = Buffer.alloc(32, info.length + id);
    made.push(bytes);
    return bytes;
  };
  return { made, key: { id, purpose: 'index', state: 'active', created: '', derive } as unknown as RingKey };
}

describe('the cache of derived keys', () => {
  it('derives once for one key, purpose and label, and anew for another', () => {
    const { key, made } = countingKey(1);
    const cache = createDerivedCache();
    for (let at = 0; at < 3; at += 1) cache.of(key, 'index', 'a');
    cache.of(key, 'index', 'b');
    cache.of(key, 'limits', 'a');
    cache.of(countingKey(2).key, 'index', 'a');
    expect(made).toHaveLength(3);
  });

  it('gives copies: a caller that wipes its own wipes nobody else’s', () => {
    const { key } = countingKey(1);
    const cache = createDerivedCache();
    const first = cache.of(key, 'index', 'a');
    const before = Buffer.from(first);
    first.fill(0);
    expect(cache.of(key, 'index', 'a').equals(before)).toBe(true);
  });

  it('wipes what it drops, and drops before it grows without end', () => {
    const { key, made } = countingKey(1);
    const cache = createDerivedCache();
    for (let at = 0; at < 300; at += 1) cache.of(key, 'index', `label ${at}`);
    expect(made.slice(0, 256).every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
    cache.drop();
    expect(made.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  });
});
