import { describe, expect, it } from 'vitest';
import { atFloor } from '../../src/base/answer-floor.js';

function clockThatTakes(ms: number) {
  const waits: number[] = [];
  let now = 0;
  return {
    waits,
    work: () => {
      now += ms;
      return Promise.resolve('done');
    },
    nowMs: () => now,
    wait: (wanted: number) => {
      waits.push(wanted);
      return Promise.resolve();
    },
  };
}

describe('atFloor', () => {
  it('waits for what is left of the floor', async () => {
    const clock = clockThatTakes(120);
    expect(await atFloor(clock, 500, clock.work)).toBe('done');
    expect(clock.waits).toEqual([380]);
  });

  it.each([
    [499, 1],
    [500, 0],
    [501, 499],
    [700, 300],
    [1000, 0],
    [1001, 499],
  ])('leaves at the next multiple when the work took longer: %d ms', async (took, rest) => {
    const clock = clockThatTakes(took);
    await atFloor(clock, 500, clock.work);
    expect(clock.waits).toEqual([rest]);
  });

  it('does not wait where there is no floor', async () => {
    const clock = clockThatTakes(30);
    await atFloor(clock, 0, clock.work);
    expect(clock.waits).toEqual([0]);
  });

  it('lets a failure leave at the floor too', async () => {
    const clock = clockThatTakes(0);
    await expect(atFloor(clock, 500, () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(clock.waits).toEqual([500]);
  });
});
