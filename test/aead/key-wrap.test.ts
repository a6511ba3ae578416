import { describe, expect, it } from 'vitest';
import { unwrapKey, wrapKey } from '../../src/aead/key-wrap.js';
import { ascii, hex } from './hex.js';

const root = hex('11'.repeat(32));
const material = hex('22'.repeat(32));
const context = ascii('ring 1, key 7');

describe('key wrap', () => {
  it('gives back the material under the same root key and context', () => {
    expect(unwrapKey(root, wrapKey(root, material, context), context)).toEqual(material);
  });

  it('answers null for another root key, another context and every damaged byte', () => {
    const wrapped = wrapKey(root, material, context);
    expect(unwrapKey(hex('12'.repeat(32)), wrapped, context)).toBeNull();
    expect(unwrapKey(root, wrapped, ascii('ring 1, key 8'))).toBeNull();
    for (let at = 0; at < wrapped.length; at += 1) {
      const copy = Buffer.from(wrapped);
      copy[at] = (copy[at] as number) ^ 1;
      expect(unwrapKey(root, copy, context)).toBeNull();
    }
    expect(unwrapKey(root, wrapped.subarray(0, 20), context)).toBeNull();
  });

  it('wraps the same material differently each time', () => {
    expect(wrapKey(root, material, context)).not.toEqual(wrapKey(root, material, context));
  });
});
