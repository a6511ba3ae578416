import { describe, expect, it } from 'vitest';
import { median, rankTest } from './rank-test.js';
import { classes, type Refusals, refusals } from './refusals.js';

const rounds = Number(process.env['SAFEKEEP_TIMING_ROUNDS'] ?? 1000);

function table({ times }: Refusals): Record<string, { p: number; auc: number; median: number }> {
  return Object.fromEntries(
    classes.map((name) => [name, { ...rankTest(times.unknown, times[name]), median: median(times[name]) }]),
  );
}

/**
 * 1,000 refused sign-ins of every class, interleaved, each against those of an account that does not exist, by ranks.
 * Noise: all classes meet in every round, in a new order; `control` is `unknown` a second time, and its p is printed
 * beside the others; of six comparisons at 0.01 together each may go down to 0.01 / 6. The second test shows that the
 * same measurement does see a difference where there is no floor to hide it.
 */
describe('the time of a refused sign-in', () => {
  it('does not tell by its rank why it was refused', { timeout: 3_600_000 }, async () => {
    const measured = await refusals(rounds, 750);
    const told = table(measured);
    console.table(told);
    expect([...measured.statuses]).toEqual([401]);
    for (const name of classes.slice(1)) expect(told[name]?.p, name).toBeGreaterThan(0.01 / 6);
    const middle = told['unknown']?.median ?? 0;
    for (const name of classes) expect(Math.abs((told[name]?.median ?? 0) / middle - 1)).toBeLessThan(0.02);
  });

  it('does tell it without the floor, of an old hash that costs more', { timeout: 600_000 }, async () => {
    const told = table(await refusals(100, 0, { isDear: true }));
    console.table(told);
    expect(told['legacy']?.p).toBeLessThan(0.0001);
    expect(told['wrapped']?.p).toBeLessThan(0.0001);
  });
});
