import { describe, expect, it } from 'vitest';
import { type CounterPlace, type CounterRule, memoryCounters } from '../../src/limits/index.js';
import { manualClock } from '../passwords/manual-clock.js';

const rule: CounterRule = { name: 'account', limit: 5, windowMs: 900_000, over: 'refuse' };
const place = (network: string, key: string): CounterPlace => ({ rule, key: [network, key] });

describe('a flood of new keys', () => {
  it('frees no full counter, and takes no memory', () => {
    const clock = manualClock();
    const counters = memoryCounters({ slots: 1024, clock });
    const { bytes } = counters;
    const victims = Array.from({ length: 200 }, (_, at) => place('net', `victim ${at}`));
    for (const victim of victims) for (let at = 0; at < 5; at += 1) counters.reserve([victim]);
    for (let at = 0; at < 100_000; at += 1) counters.reserve([place(`net ${at % 1000}`, `flood ${at}`)]);
    const freed = victims.filter((victim) => counters.reserve([victim]).refusedBy === undefined);
    expect(freed).toEqual([]);
    expect(counters.bytes).toBe(bytes);
  });

  it('pushes out the counters with the fewest places first', () => {
    const counters = memoryCounters({ slots: 1024, clock: manualClock() });
    const warm = Array.from({ length: 100 }, (_, at) => place('net', `warm ${at}`));
    for (const key of warm) for (let at = 0; at < 4; at += 1) counters.reserve([key]);
    for (let at = 0; at < 20_000; at += 1) counters.reserve([place('net', `flood ${at}`)]);
    const kept = warm.filter((key) => counters.reserve([key]).holds[0]?.count === 5);
    expect(kept).toHaveLength(100);
  });

  it('makes new keys of one network share a counter when every slot is full, and leaves other networks theirs', () => {
    const clock = manualClock();
    const counters = memoryCounters({ slots: 1024, clock });
    // Keys that find a slot are filled; from some point on no more do.
    for (let at = 0; at < 4000; at += 1) {
      for (let taken = 0; taken < 5; taken += 1) counters.reserve([place('bots', `key ${at}`)]);
    }
    const share = (network: string, first: number): boolean[] =>
      Array.from(
        { length: 8 },
        (_, at) => counters.reserve([place(network, `new ${first + at}`)]).refusedBy === undefined,
      );
    expect(share('2001:db8:1::/48', 0)).toEqual([true, true, true, true, true, false, false, false]);
    expect(share('2001:db8:2::/48', 8)).toEqual([true, true, true, true, true, false, false, false]);
    expect(counters.reserve([place('bots', 'key 7')]).refusedBy).toBe(rule);
  });

  it('lets nobody empty the shared counter by a success of his own', () => {
    const counters = memoryCounters({ slots: 1024, clock: manualClock() });
    for (let at = 0; at < 4000; at += 1) {
      for (let taken = 0; taken < 5; taken += 1) counters.reserve([place('bots', `key ${at}`)]);
    }
    for (let at = 0; at < 4; at += 1) counters.reserve([place('net', `new ${at}`)]);
    counters.settle(counters.reserve([place('net', 'own')]), ['clear']);
    expect(counters.reserve([place('net', 'a')]).refusedBy).toBeUndefined();
    expect(counters.reserve([place('net', 'b')]).refusedBy).toBe(rule);
  });

  it('is forgotten with its window', async () => {
    const clock = manualClock();
    const counters = memoryCounters({ slots: 1024, clock });
    for (let at = 0; at < 4000; at += 1) {
      for (let taken = 0; taken < 5; taken += 1) counters.reserve([place('bots', `key ${at}`)]);
    }
    await clock.advance(900_001);
    for (let at = 0; at < 500; at += 1) {
      expect(counters.reserve([place('net', `after ${at}`)]).holds[0]?.count).toBe(1);
    }
  });
});
