import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Calibration } from '../../src/passwords/index.js';
import { root } from '../house/tree.js';

const program = join(root, 'dist/cli/main.js');
function calibrate(...args: readonly string[]) {
  const ended = spawnSync(process.execPath, [program, 'calibrate', ...args], { encoding: 'utf8' });
  // On a machine that is slow just now, a line of progress every few seconds.
  return { ...ended, stderr: ended.stderr.replace(/^measuring .*\n/gm, '') };
}
/** As little memory as may be: quick also where the tests have little of the machine. */
const small = ['--memory', '8', '--running', '1', '--target', '400', '--rate', '1', '--cores', '2'];

beforeAll(() => {
  if (!existsSync(program)) throw new Error('run first: npm run build');
});

describe('safekeep calibrate', () => {
  it('prints options that can be pasted, and what they carry', () => {
    const { status, stdout, stderr } = calibrate(...small);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^argon2 with 1 at once on 2 cores:\n {2}cost {6}8 MiB, \d+ passes, 1 lane\n/);
    expect(stdout).toMatch(/a storm {3}takes 8 MiB for hashing; \d+ wait/);
    expect(stdout).toMatch(
      /createPasswords\(\{\n {2}cost: \{ memoryKiB: 8192, passes: \d+, lanes: 1 \},\n {2}gate: \{ running: 1, queue: \d+, deadlineMs: 2000 \},\n\}\);\n$/,
    );
  });

  it('answers a program, with the engine it was told to take', () => {
    const { status, stdout, stderr } = calibrate(...small, '--engine', '@node-rs/argon2', '--json');
    expect([status, stderr]).toEqual([0, '']);
    const found = JSON.parse(stdout) as Calibration;
    expect(found).toMatchObject({ engine: '@node-rs/argon2', cores: 2, budgetMs: 400, gate: { running: 1 } });
    expect(found.cost.passes).toBeGreaterThanOrEqual(5);
    expect(found.cpuMs.median).toBeLessThanOrEqual(400);
    expect(found.plan.stormMemoryKiB).toBe(8192);
  });

  it('ends with status 1 where nothing above the floor fits, and says what would be needed', () => {
    const { status, stdout, stderr } = calibrate('--rate', '10000', '--cores', '1', '--running', '1', '--json');
    expect([status, stdout]).toEqual([1, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'ERR_PASSWORD_COST', facts: { budgetMs: 0.05, neededMs: expect.any(Number) } },
    });
  });

  it('ends with status 2 for an option out of its range', () => {
    const { status, stderr } = calibrate('--memory', '7');
    expect(status).toBe(2);
    expect(stderr).toContain('It is a whole number from 8 to 65536.');
  });
});
