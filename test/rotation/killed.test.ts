import { describe, expect, it } from 'vitest';
import { rotateUnderFire } from './killed.js';

describe('a rotation that is killed at random points while others write', () => {
  it('loses no update and leaves no row and no index behind', async () => {
    const found = await rotateUnderFire({ rows: 5000, writers: 2, kills: 3 });
    expect(found).toMatchObject({ kills: 3, wrong: 0, stale: 0, rows: 5000, left: 0, counted: found.updates });
    expect(found.updates).toBeGreaterThan(100);
  });
});
