import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaseResult } from '../../bench/harness/measure.js';
import type { Report } from '../../bench/harness/report.js';
import { root } from '../house/tree.js';

const program = join(root, '.build/bench/run.js');
const fakes = join(root, 'test/bench/fakes');
const broken = join(root, 'test/bench/broken');
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-bench-'));
const bench = (...args: string[]) =>
  spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', cwd: scratch });

beforeAll(() => {
  if (!existsSync(program)) throw new Error('run first: npm run build -- --bench');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the benches', () => {
  let report: Report;
  let output = '';
  const resultOf = (name: string) => report.results.find((result) => result.name === name) as CaseResult;
  beforeAll(() => {
    const ran = bench('--cases', fakes, '--rounds', '10', '--force', '--json', 'out.json', '--svg', 'out.svg');
    output = ran.stdout + ran.stderr;
    report = JSON.parse(readFileSync(join(scratch, 'out.json'), 'utf8')) as Report;
  });

  it('find that three times the work takes about three times as long', () => {
    const [threefold] = resultOf('thrice').against;
    expect(threefold?.contender).toBe('threefold');
    expect(threefold?.ratio).toBeGreaterThan(2);
    expect(threefold?.ratio).toBeLessThan(4.5);
    expect(threefold?.low).toBeLessThanOrEqual(threefold?.ratio as number);
    expect(threefold?.high).toBeGreaterThanOrEqual(threefold?.ratio as number);
  });

  it('find a faster contender in the same process faster', () => {
    const [half] = resultOf('together').against;
    expect(half?.ratio).toBeLessThan(0.8);
  });

  it('list a contender that is not there, with the reason', () => {
    expect(resultOf('thrice').absent).toEqual([
      { contender: 'elsewhere', reason: 'not installed: npm ci --prefix somewhere' },
    ]);
    expect(output).toContain('left out: not installed: npm ci --prefix somewhere');
  });

  it('measure ours against ours, and say of each case whether that control held', () => {
    for (const { control, isVoid } of report.results) expect(isVoid).toBe(control.low > 1 || control.high < 1);
    expect(output).toContain('ours against ours');
  });

  it('name the machine, the versions, the load and the command', () => {
    expect(report.machine.node).toBe(process.versions.node);
    expect(report.machine.cores).toBeGreaterThan(0);
    expect(report.machine.versions['@node-rs/xxhash']).toMatch(/^\d/);
    expect(report.load.before.limit).toBe(report.machine.cores * 1.5);
    expect(output).toContain('$ npm run bench -- --cases');
  });

  it('draw a picture that is well formed, follows light and dark, and escapes what it is given', () => {
    const svg = readFileSync(join(scratch, 'out.svg'), 'utf8');
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).toContain('&lt;three&gt;');
    expect(svg).not.toContain('<three>');
    expect(svg.match(/<circle/g)).toHaveLength(4);
    expect(svg).not.toContain('NaN');
  });
});

describe('a budget', () => {
  const check = (budgets: unknown) => {
    writeFileSync(join(scratch, 'budget.json'), JSON.stringify(budgets));
    return bench('--cases', fakes, '--rounds', '5', '--force', '--check', 'budget.json');
  };

  it('that is not kept ends the run with status 1, and one that is kept says so', () => {
    const { status, stdout } = check([
      { case: 'thrice', against: 'threefold', atLeast: 1.5 },
      { case: 'thrice', against: 'threefold', atLeast: 90 },
    ]);
    expect(stdout).toMatch(/^NOT KEPT: thrice at least 90/m);
    expect(stdout).not.toContain('together:');
    expect(status).toBe(1);
  });

  it('for a contender that was not measured is not kept', () => {
    const { status, stdout } = check([{ case: 'thrice', against: 'elsewhere', atLeast: 0.1 }]);
    expect(stdout).toMatch(/^NOT KEPT: .*was not measured/m);
    expect(status).toBe(1);
  });

  it('with a misspelt key is refused', () => {
    const { status, stderr } = check([{ case: 'thrice', against: 'threefold', atleast: 1 }]);
    expect(stderr).toContain('a budget is a list of');
    expect(status).toBe(2);
  });
});

describe('nothing is timed', () => {
  it.each([
    ['disagree', 'do not agree'],
    ['unconsumed', 'returned no number'],
    ['dying', 'ended (7)'],
  ])('when contenders of the case %s misbehave', (name, words) => {
    const { status, stderr } = bench('--cases', broken, '--case', name, '--force');
    expect(stderr).toContain(words);
    expect(status).toBe(2);
  });

  it('when the case or the option is not known', () => {
    expect(bench('--cases', fakes, '--case', 'nothing').status).toBe(2);
    expect(bench('--cases', fakes, '--round', '9').status).toBe(2);
    expect(bench('--cases', fakes, '--rounds', '0').status).toBe(2);
  });

  it('when only the list is asked for', () => {
    const { stdout, status } = bench('--cases', fakes, '--list');
    expect(stdout).toBe('thrice: Is three times the work <three> times as slow?\ntogether: And in one process?\n');
    expect(status).toBe(0);
  });
});
