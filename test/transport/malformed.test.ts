import { describe, expect, it } from 'vitest';
import { askMalformed } from './ask-malformed.js';

describe('malformed requests', () => {
  it('are answered with every header and no internals, end nothing, and smuggle nothing', async () => {
    const { count, statuses } = await askMalformed(1, 220);
    expect(count).toBe(220);
    for (const status of [200, 400, 404, 413, 415, 431]) expect(statuses.get(status), `${status}`).toBeDefined();
  });
});
