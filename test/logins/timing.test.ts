import { describe, expect, it } from 'vitest';
import { rankTest } from './rank-test.js';
import { classes, refusals } from './refusals.js';

/** The short form of timing.long.test.ts. */
describe('refused sign-ins', () => {
  it('leave no earlier than the floor, whoever they are for', async () => {
    const { times, statuses } = await refusals(1, 400, { warmUps: 0 });
    expect([...statuses]).toEqual([401]);
    for (const name of classes) for (const tookMs of times[name]) expect(tookMs).toBeGreaterThanOrEqual(399);
  });
});

describe('the rank test', () => {
  const numbers = (count: number, from: number) => Array.from({ length: count }, (_, index) => from + index);
  it('gives the published p of a small example, and finds what differs and not what does not', () => {
    // Two samples of ten without overlap: U is 0 and z is 3.78.
    expect(rankTest(numbers(10, 0), numbers(10, 10))).toEqual({ p: expect.closeTo(0.000157, 5), auc: 0 });
    expect(rankTest([1, 2, 3, 4], [1, 2, 3, 4])).toEqual({ p: expect.closeTo(1, 6), auc: 0.5 });
    expect(rankTest(numbers(1000, 0), numbers(1000, 30)).p).toBeGreaterThan(0.01);
    expect(rankTest(numbers(1000, 0), numbers(1000, 100)).p).toBeLessThan(0.001);
  });
});
