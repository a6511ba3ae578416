import { describe, expect, it } from 'vitest';
import { checkBudgets } from '../../bench/harness/budget.js';
import { seeded, shuffled } from '../../bench/harness/chance.js';
import { load, refusal } from '../../bench/harness/machine.js';
import type { CaseResult } from '../../bench/harness/measure.js';
import { median, type Pair, ratioOf, straddlesOne } from '../../bench/harness/ratio.js';
import { caseText } from '../../bench/harness/report.js';

function pairs(theirs: number, noise: number, seed: number): Pair[] {
  const random = seeded(seed);
  return Array.from({ length: 40 }, (_, round) => ({
    generation: Math.floor(round / 5),
    ours: 100 * (1 + noise * random()),
    theirs: theirs * (1 + noise * random()),
  }));
}

describe('the ratio', () => {
  it('is the other’s time over ours, with an interval around it', () => {
    const found = ratioOf(pairs(200, 0.2, 7));
    expect(found.ratio).toBeGreaterThan(1.9);
    expect(found.ratio).toBeLessThan(2.1);
    expect(found.low).toBeLessThan(found.ratio);
    expect(found.high).toBeGreaterThan(found.ratio);
    expect(straddlesOne(found)).toBe(false);
  });

  it('holds the true ratio in about 95 of 100 intervals', () => {
    const covered = Array.from({ length: 60 }, (_, seed) => straddlesOne(ratioOf(pairs(100, 0.3, seed), seed)));
    expect(covered.filter(Boolean).length).toBeGreaterThanOrEqual(51);
  });

  it('widens its interval when generations differ, however steady the rounds within each are', () => {
    const lucky = Array.from({ length: 40 }, (_, round) => {
      const generation = Math.floor(round / 5);
      return { generation, ours: 100, theirs: generation % 2 === 0 ? 90 : 112 };
    });
    const found = ratioOf(lucky);
    expect(found.low).toBeLessThan(0.95);
    expect(found.high).toBeGreaterThan(1.05);
  });

  it('is the same again for the same rounds and seed', () => {
    expect(ratioOf(pairs(150, 0.5, 3), 9)).toEqual(ratioOf(pairs(150, 0.5, 3), 9));
  });

  it('is not moved by one slice that the machine disturbed', () => {
    const calm = pairs(100, 0.01, 1);
    const [first, ...rest] = calm as [Pair, ...Pair[]];
    expect(ratioOf([{ ...first, ours: 10_000 }, ...rest]).ratio).toBeCloseTo(ratioOf(calm).ratio, 2);
  });

  it('does not exist without rounds', () => {
    expect(() => ratioOf([])).toThrow('needs rounds');
  });
});

describe('the median', () => {
  it('is the middle, or between the two middles', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});

describe('the order of a round', () => {
  it('is any order, as often as any other', () => {
    const random = seeded(1);
    const counts = new Map<string, number>();
    for (let round = 0; round < 6000; round += 1) {
      const order = shuffled(['a', 'b', 'c'], random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

const result: CaseResult = {
  name: 'seal',
  question: 'What does sealing cost?',
  mode: 'together',
  operations: 10,
  slices: 5,
  rounds: 40,
  generations: 8,
  ours: { contender: 'safekeep', nsPerOperation: 5200 },
  against: [{ contender: 'naive', nsPerOperation: 6000, ratio: 1.15, low: 1.1, high: 1.2 }],
  control: { ratio: 1, low: 0.99, high: 1.01 },
  isVoid: false,
  attempts: 1,
  absent: [],
};

describe('a budget', () => {
  const kept = (atLeast: number, of: CaseResult) =>
    checkBudgets([{ case: 'seal', against: 'naive', atLeast }], [of])[0]?.kept;

  it('is kept from its very number up', () => {
    expect(kept(1.15, result)).toBe(true);
    expect(kept(1.16, result)).toBe(false);
  });

  it('is not kept by a case whose control failed', () => {
    expect(kept(1, { ...result, isVoid: true })).toBe(false);
  });
});

describe('a case in words', () => {
  it('gives the time of an operation and the ratio with its interval', () => {
    expect(caseText(result)).toContain('6.00 µs  ours is 1.15 [1.10, 1.20] times as fast');
    expect(caseText(result)).toContain('5.20 µs  ours');
  });

  it('says loudly that a void case proves nothing', () => {
    expect(caseText({ ...result, isVoid: true, attempts: 3 })).toContain('VOID');
  });
});

describe('the load', () => {
  it('has a limit of one and a half processes per core', () => {
    expect(load().limit % 1.5).toBe(0);
    expect(load().oneMinute).toBeGreaterThanOrEqual(0);
  });

  it('over the limit lets nothing be measured, unless the user insists', () => {
    expect(refusal({ oneMinute: 3.1, limit: 3 }, false)).toContain('3.1, the limit 3: nothing was measured');
    expect(refusal({ oneMinute: 3.1, limit: 3 }, true)).toBeUndefined();
    expect(refusal({ oneMinute: 3, limit: 3 }, false)).toBeUndefined();
  });
});
