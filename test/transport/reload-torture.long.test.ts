import { describe, expect, it } from 'vitest';
import { torture } from './torture.js';

describe('certificate files in every bad state, a thousand times', () => {
  it('fail no handshake', async () => {
    expect((await torture(2, 1000)).handshakes).toBeGreaterThan(1000);
  });
});
