import { describe, expect, it } from 'vitest';
import { rotateUnderFire } from './killed.js';

describe('a rotation of 100,000 rows that is killed 50 times while four others write', () => {
  it('loses no update and leaves no row and no index behind', async () => {
    const found = await rotateUnderFire({ rows: 100_000, writers: 4, kills: 50 });
    process.stdout.write(`${JSON.stringify(found)}\n`);
    expect(found).toMatchObject({ kills: 50, wrong: 0, stale: 0, rows: 100_000, left: 0, counted: found.updates });
    expect(found.updates).toBeGreaterThan(1000);
    expect(found.lost).toBeGreaterThan(0);
  });
});
