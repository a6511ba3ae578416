import { describe, expect, it } from 'vitest';
import { workUnderFire } from './jobs.js';

describe('rotation as jobs of graphile-worker, of a large table', () => {
  it('moves 100,000 rows by three worker processes, one killed, under four writers', async () => {
    const worked = await workUnderFire({ rows: 100_000, writers: 4, rangeRows: 5000 });
    expect(worked).toMatchObject({ killed: true, ranges: 21, wrong: 0, stale: 0, rows: 100_000, left: 0 });
    expect(worked.counted).toBe(worked.updates);
  }, 600_000);
});
