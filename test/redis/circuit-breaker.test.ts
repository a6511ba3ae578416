import { describe, expect, it, vi } from 'vitest';
import { createCircuitBreaker } from '../../src/redis/circuit-breaker.js';
import { manualClock } from '../passwords/manual-clock.js';

const never = () => new Promise<never>(() => undefined);
const broken = () => Promise.reject(new Error('down'));

function breaker() {
  const clock = manualClock();
  return { clock, circuit: createCircuitBreaker({ timeoutMs: 5, failures: 2, pauseMs: 1000, clock }) };
}

describe('a circuit breaker', () => {
  it('passes an answer on', async () => {
    const { circuit } = breaker();
    expect(await circuit.call(() => Promise.resolve(7))).toEqual({ value: 7 });
  });

  it('gives up on what takes too long, and on what fails, also at once', async () => {
    const { circuit } = breaker();
    expect(await circuit.call(never)).toBeUndefined();
    expect(await circuit.call(broken)).toBeUndefined();
    const throws = (): Promise<never> => {
      throw new Error('closed');
    };
    expect(await circuit.call(throws)).toBeUndefined();
  });

  it('opens after failures in a row, and lets one try after the pause', async () => {
    const { circuit, clock } = breaker();
    for (let at = 0; at < 2; at += 1) await circuit.call(broken);
    expect(circuit.admits()).toBe(false);
    await clock.advance(1000);
    expect([circuit.admits(), circuit.admits(), circuit.admits()]).toEqual([true, false, false]);
    await circuit.call(broken);
    expect(circuit.admits()).toBe(false);
    await clock.advance(1000);
    expect(circuit.admits()).toBe(true);
    await circuit.call(() => Promise.resolve(1));
    expect([circuit.admits(), circuit.admits()]).toEqual([true, true]);
  });

  it('does not open for failures with a success between them', async () => {
    const { circuit } = breaker();
    for (let at = 0; at < 3; at += 1) {
      await circuit.call(broken);
      await circuit.call(() => Promise.resolve(1));
    }
    expect(circuit.admits()).toBe(true);
  });

  it('stays open no longer than its pause where the clock was set back', async () => {
    const { circuit, clock } = breaker();
    for (let at = 0; at < 2; at += 1) await circuit.call(broken);
    await clock.advance(-500_000);
    expect(circuit.admits()).toBe(true);
  });

  it('reads an answer that lay there while this process was busy', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { circuit } = breaker();
      const answer = circuit.call(() => new Promise<number>((resolve) => setImmediate(() => resolve(1))));
      // The time is up before the loop has come round to the answer.
      vi.advanceTimersByTime(5);
      expect(await answer).toEqual({ value: 1 });
    } finally {
      vi.useRealTimers();
    }
  });
});
