import { describe, expect, it } from 'vitest';
import { askMalformed } from './ask-malformed.js';

describe('ten thousand malformed requests', () => {
  it('are answered with every header and no internals, end nothing, and smuggle nothing', async () => {
    expect((await askMalformed(2, 10_000)).count).toBe(10_000);
  });
});
