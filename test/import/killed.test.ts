import { describe, expect, it } from 'vitest';
import { importUnderFire } from './killed.js';

describe('an import that is killed at random points while old and new versions write', () => {
  it('loses no update and leaves no plaintext behind', async () => {
    const found = await importUnderFire({ rows: 2000, writers: 2, kills: 3, batchRows: 200 });
    const expected = { kills: 3, wrong: 0, rows: 2000, plaintext: 0, confirmed: true };
    expect(found).toMatchObject({ ...expected, counted: found.old + found.fresh });
    expect(found.old).toBeGreaterThan(50);
    expect(found.fresh).toBeGreaterThan(50);
  });
});
