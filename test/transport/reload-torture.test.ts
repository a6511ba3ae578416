import { describe, expect, it } from 'vitest';
import { torture } from './torture.js';

describe('certificate files in every bad state', () => {
  it('fail no handshake: what was good is served on, and the next good pair is taken', async () => {
    expect((await torture(1, 13)).handshakes).toBeGreaterThan(12);
  });
});
