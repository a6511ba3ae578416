import { describe, expect, it } from 'vitest';
import { areKnown, knownAnswers } from '../../../src/passwords/engines/known-answers.js';

describe('areKnown', () => {
  const right = () => knownAnswers.map(({ tag }) => Buffer.from(tag, 'hex'));

  it('is true for the published tags, in order', () => {
    expect(areKnown(right())).toBe(true);
    expect(areKnown(right().reverse())).toBe(false);
  });

  it('is false where one bit of one tag differs, or a tag is missing, short or too many', () => {
    for (const at of knownAnswers.keys()) {
      const flipped = right();
      const tag = flipped[at] as Buffer;
      tag.writeUInt8(tag.readUInt8(0) ^ 1, 0);
      expect(areKnown(flipped)).toBe(false);
      expect(areKnown(right().filter((_, index) => index !== at))).toBe(false);
      expect(areKnown(right().map((tag, index) => (index === at ? tag.subarray(1) : tag)))).toBe(false);
    }
    expect(areKnown([...right(), Buffer.alloc(32)])).toBe(false);
    expect(areKnown([])).toBe(false);
  });
});
