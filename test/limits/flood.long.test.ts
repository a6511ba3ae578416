import { describe, expect, it } from 'vitest';
import { type CounterPlace, type CounterRule, memoryCounters } from '../../src/limits/index.js';
import { manualClock } from '../passwords/manual-clock.js';

const rule: CounterRule = { name: 'account', limit: 5, windowMs: 900_000, over: 'refuse' };
const place = (network: string, key: string): CounterPlace => ({ rule, key: [network, key] });

describe('a million new keys', () => {
  it('free no full counter, and take no memory', () => {
    const counters = memoryCounters({ clock: manualClock() });
    const victims = Array.from({ length: 1000 }, (_, at) => place('net', `victim ${at}`));
    for (const victim of victims) for (let at = 0; at < 5; at += 1) counters.reserve([victim]);
    for (let at = 0; at < 100_000; at += 1) counters.reserve([place(`net ${at}`, `warm ${at}`)]);
    const heap = (): number => {
      (globalThis as { gc?: () => void }).gc?.();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const before = heap();
    for (let at = 0; at < 1_000_000; at += 1) counters.reserve([place(`net ${at % 5000}`, `flood ${at}`)]);
    const grown = heap() - before;
    expect(victims.filter((victim) => counters.reserve([victim]).refusedBy === undefined)).toEqual([]);
    // A million names alone would be thirty megabytes; what is measured is rubbish not collected yet.
    expect(grown).toBeLessThan(20_000_000);
  });
});
