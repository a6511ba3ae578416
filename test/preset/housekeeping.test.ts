import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { housekeeping } from '../../src/preset/housekeeping.js';

const tenMinutesMs = 600_000;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('housekeeping', () => {
  it('runs every task at once and every ten minutes, one that joined later too', async () => {
    const ran: string[] = [];
    const keeping = housekeeping([async () => ran.push('ours')], () => undefined);
    await keeping.add(async () => ran.push('yours'));
    expect(ran).toEqual(['ours', 'yours']);
    await vi.advanceTimersByTimeAsync(tenMinutesMs);
    expect(ran).toEqual(['ours', 'yours', 'ours', 'yours']);
    await keeping.stop();
    await vi.advanceTimersByTimeAsync(tenMinutesMs);
    expect(ran).toHaveLength(4);
  });

  it('tells of a task that failed, whether it threw at once or later, and goes on with the next', async () => {
    const told: unknown[] = [];
    const ran: string[] = [];
    const keeping = housekeeping([() => Promise.reject(new Error('later'))], (error) => told.push(error));
    await keeping.add(() => {
      throw new Error('at once');
    });
    await keeping.add(async () => ran.push('next'));
    expect(told).toMatchObject([{ message: 'later' }, { message: 'at once' }]);
    expect(ran).toEqual(['next']);
    await keeping.stop();
  });

  it('is over when the round in progress is', async () => {
    const ran: string[] = [];
    const slow = async () => {
      await vi.advanceTimersByTimeAsync(1);
      ran.push('slow');
    };
    const keeping = housekeeping([slow, async () => ran.push('last')], () => undefined);
    await keeping.stop();
    expect(ran).toEqual(['slow', 'last']);
  });
});
