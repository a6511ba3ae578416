import { describe, expect, it } from 'vitest';
import { importUnderFire } from './killed.js';

describe('an import of 30,000 rows that is killed 40 times while old and new versions write', () => {
  it('loses no update and leaves no plaintext behind', async () => {
    const found = await importUnderFire({ rows: 30_000, writers: 6, kills: 40, batchRows: 1000 });
    process.stdout.write(`${JSON.stringify(found)}\n`);
    const expected = { kills: 40, wrong: 0, rows: 30_000, plaintext: 0, confirmed: true };
    expect(found).toMatchObject({ ...expected, counted: found.old + found.fresh });
    expect(found.lost).toBeGreaterThan(0);
  });
});
