import { describe, expect, it } from 'vitest';
import { readCost } from '../../src/passwords/cost.js';
import { type CostOptions, createPasswords } from '../../src/passwords/index.js';

describe('the cost of a password hash', () => {
  it('is 19 MiB, two passes and one lane unless told otherwise', () => {
    expect(readCost({})).toEqual({ memoryKiB: 19456, passes: 2, lanes: 1 });
  });

  it.each([
    [47104, 1],
    [19456, 2],
    [12288, 3],
    [9216, 4],
    [7168, 5],
    [1048576, 1],
    [7168, 16],
  ])('may be %i KiB with %i passes', (memoryKiB, passes) => {
    expect(readCost({ memoryKiB, passes })).toEqual({ memoryKiB, passes, lanes: 1 });
  });

  it.each([
    [47103, 1],
    [19455, 2],
    [12287, 3],
    [9215, 4],
    [7167, 16],
    [8, 1],
  ])('is refused at construction below the floor: %i KiB with %i passes', (memoryKiB, passes) => {
    expect(() => createPasswords({ cost: { memoryKiB, passes } })).toThrow(
      expect.objectContaining({ code: 'ERR_PASSWORD_COST' }),
    );
  });

  it('is not made acceptable by lanes, which cost an attacker nothing', () => {
    expect(() => readCost({ memoryKiB: 9216, passes: 2, lanes: 8 })).toThrow(
      expect.objectContaining({ code: 'ERR_PASSWORD_COST' }),
    );
  });

  it.each([{ memoryKiB: 1048577 }, { passes: 17 }, { lanes: 9 }, { lanes: 0 }, { passes: 2.5 }])(
    'is refused when it is out of range: %j',
    (cost) => {
      expect(() => readCost(cost)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
    },
  );

  it('is refused with a name that is not known', () => {
    const misspelt: unknown = { memoryKib: 65536 };
    expect(() => readCost(misspelt as CostOptions)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_UNKNOWN' }));
  });
});
