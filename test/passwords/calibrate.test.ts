import { describe, expect, it } from 'vitest';
import { argon2Engine } from '../../src/passwords/engines/argon2-engine.js';
import { knownAnswers } from '../../src/passwords/engines/known-answers.js';
import { type CalibrateOptions, calibrate, createPasswords, type TagRequest } from '../../src/passwords/index.js';

/** A machine on which a KiB and a pass take so much of the processor; nothing is computed, and time stands still. */
function machine(nsPerBlock: (memoryKiB: number) => number) {
  const real = argon2Engine();
  const asked: TagRequest[] = [];
  let cpuMs = 0;
  const known = new Set(knownAnswers.map(({ request }) => request));
  const engine = {
    async tag(request: TagRequest) {
      if (known.has(request)) return await real.tag(request);
      asked.push(request);
      cpuMs += (nsPerBlock(request.memoryKiB) * request.memoryKiB * request.passes) / 1e6;
      return Buffer.alloc(request.tagBytes);
    },
  };
  const run = (options: CalibrateOptions) => calibrate({ engine, cpuMs: () => cpuMs, cores: 2, ...options });
  return { run, asked };
}
const flat = () => machine(() => 640);

describe('calibrate', () => {
  it('takes the most memory that the target allows, and two passes', async () => {
    const found = await flat().run({ targetMs: 100, perSecond: 1, memoryMiB: 1024 });
    expect(found.cost).toEqual({ memoryKiB: 76 * 1024, passes: 2, lanes: 1 });
    expect(found.cpuMs).toEqual({ median: 99.61, most: 99.61 });
    expect(found.gate).toEqual({ running: 2, queue: 41, deadlineMs: 2000 });
    expect(found.plan).toEqual({ mostPerSecond: 20.08, shareOfProcessor: 0.05, stormMemoryKiB: 2 * 76 * 1024 });
  });

  it('takes passes where memory is short, and never more memory than it was given', async () => {
    const found = await flat().run({ targetMs: 100, perSecond: 1, memoryMiB: 32, running: 2 });
    expect(found.cost).toEqual({ memoryKiB: 16 * 1024, passes: 9, lanes: 1 });
    expect(found.plan.stormMemoryKiB).toBeLessThanOrEqual(32 * 1024);
  });

  it('leaves half of the processor to the rest of the server at the rate that was asked for', async () => {
    const found = await flat().run({ targetMs: 1000, perSecond: 20, memoryMiB: 1024 });
    expect(found.budgetMs).toBe(50);
    expect(found.cpuMs.median).toBeLessThanOrEqual(50);
    expect(found.plan.shareOfProcessor).toBeLessThanOrEqual(0.5);
  });

  it('tries again with less where a larger block is dearer than the small one promised', async () => {
    const { run, asked } = machine((memoryKiB) => (memoryKiB > 32_768 ? 1300 : 640));
    const found = await run({ targetMs: 150, perSecond: 1, memoryMiB: 4096 });
    expect(found.cpuMs.median).toBeLessThanOrEqual(150);
    expect(new Set(asked.map(({ memoryKiB }) => memoryKiB)).size).toBeGreaterThan(2);
    expect(found.cost.memoryKiB).toBeGreaterThan(48 * 1024);
  });

  it('measures as many at once as the gate lets run', async () => {
    const { run, asked } = flat();
    await run({ running: 3, targetMs: 50, perSecond: 1 });
    expect(asked.length % 3).toBe(0);
    expect((await flat().run({ running: 3, targetMs: 50, perSecond: 1 })).gate.running).toBe(3);
  });

  it.each([{ targetMs: 20 }, { perSecond: 1000 }, { memoryMiB: 8, running: 2 }])(
    'refuses to go below the floor: %j',
    async (options) => {
      const refused = flat().run({ targetMs: 100, perSecond: 1, memoryMiB: 64, ...options });
      await expect(refused).rejects.toMatchObject({
        code: 'ERR_PASSWORD_COST',
        facts: { of: 'calibrate', neededMs: 22.94 },
      });
    },
  );

  it('finds nothing that createPasswords would refuse', async () => {
    for (const targetMs of [23, 24, 26, 30, 60, 400, 10_000]) {
      for (const memoryMiB of [14, 15, 19, 24, 40, 64, 4096]) {
        const { cost, gate } = await flat()
          .run({ targetMs, memoryMiB, perSecond: 1, running: 1, cores: 64 })
          .catch((error: { code: string }) => {
            expect(error.code).toBe('ERR_PASSWORD_COST');
            return { cost: {}, gate: {} };
          });
        expect(() => createPasswords({ cost, gate })).not.toThrow();
        if ('memoryKiB' in cost) expect(cost.memoryKiB).toBeLessThanOrEqual(memoryMiB * 1024);
      }
    }
  });

  it('says how far it is, and stops when it is told to', async () => {
    const seen: { done: number; of: number }[] = [];
    await flat().run({ onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ done: seen.at(-1)?.of, of: seen.at(-1)?.of });
    expect(seen.every(({ done, of }) => done <= of)).toBe(true);
    const control = new AbortController();
    const stopped = flat().run({ signal: control.signal, onProgress: () => control.abort(new Error('enough')) });
    await expect(stopped).rejects.toThrow('enough');
  });

  it('measures the real engine by the time of the processor', async () => {
    const { cpuMs, cost, engine } = await calibrate({ targetMs: 100, perSecond: 1, memoryMiB: 8, running: 1 });
    expect(engine).toBe('argon2');
    expect(cost.memoryKiB).toBe(8192);
    expect(cpuMs.median).toBeGreaterThan(1);
  });

  it.each([{ targetMs: 9 }, { memoryMiB: 7 }, { perSecond: 0 }, { running: 65 }, { engine: 'argon3' }, { rate: 5 }])(
    'refuses %j',
    async (options: object) => {
      await expect(calibrate(options)).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_OPTION_(INVALID|UNKNOWN)$/),
      });
    },
  );
});
