import { describe, expect, it } from 'vitest';
import { workUnderFire } from './jobs.js';

describe('rotation as jobs of graphile-worker', () => {
  it('moves every row by three worker processes, one killed in a range, and loses no update of two writers', async () => {
    const worked = await workUnderFire({ rows: 750, writers: 2, rangeRows: 150 });
    expect(worked).toMatchObject({ killed: true, ranges: 6, wrong: 0, stale: 0, rows: 750, left: 0 });
    expect(worked.counted).toBe(worked.updates);
    expect(worked.updates).toBeGreaterThan(0);
  }, 60_000);
});
