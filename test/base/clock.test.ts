import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock, systemRandom } from '../../src/base/clock.js';

describe('systemClock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells the time of the system', () => {
    vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date'] });
    expect(systemClock.nowMs()).toBe(1_700_000_000_000);
  });

  it.each([0, -5, Number.NaN])('does not wait for %d ms', async (ms) => {
    const before = process.hrtime.bigint();
    await systemClock.wait(ms);
    expect(process.hrtime.bigint() - before).toBeLessThan(1_000_000_000n);
  });

  it('still waits when the wait is longer than the longest timer of Node, which would fire at once', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const long = systemClock.wait(60 * 24 * 60 * 60 * 1000).then(() => 'waited');
    const turns = new Promise((resolve) => setTimeout(resolve, 20, 'still waiting'));
    const first = await Promise.race([long, turns]);
    process.off('warning', note);
    expect(first).toBe('still waiting');
    expect(warnings.filter((warning) => warning.name === 'TimeoutOverflowWarning')).toEqual([]);
  });
});

describe('systemRandom', () => {
  it('gives as many bytes as asked for, and other ones each time', () => {
    expect(systemRandom.bytes(24)).toHaveLength(24);
    expect(systemRandom.bytes(24).equals(systemRandom.bytes(24))).toBe(false);
  });

  it('draws whole numbers below the limit, and reaches all of them', () => {
    const drawn = new Set(Array.from({ length: 400 }, () => systemRandom.below(4)));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3]);
  });
});
