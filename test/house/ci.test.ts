import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from './tree.js';

const scratch = mkdtempSync(join(tmpdir(), 'safekeep-ci-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const test = (status: string, fullName = 'a b') => ({ status, fullName });
const file = (assertionResults: object[], status = 'passed') => ({ name: 'x.test.ts', status, assertionResults });

/** The closing line and the status after a run that left such a report. */
function count(report: object | null, gateFailures = 0): { last: string; status: number | null; output: string } {
  rmSync(join(scratch, 'node-20.json'), { force: true });
  if (report !== null) writeFileSync(join(scratch, 'node-20.json'), JSON.stringify(report));
  const { stdout, status } = spawnSync(process.execPath, [join(root, '.ci/count.mjs'), '20', '--closing'], {
    encoding: 'utf8',
    env: { RESULTS: scratch, GATE_FAILURES: String(gateFailures) },
  });
  return { last: stdout.trimEnd().split('\n').at(-1) ?? '', status, output: stdout };
}

describe('the closing line', () => {
  it('counts what passed and what failed', () => {
    const all = { success: true, testResults: [file([test('passed'), test('passed')])] };
    expect(count(all)).toMatchObject({ last: '2 passed, 0 failed', status: 0 });
    const some = { success: false, testResults: [file([test('passed'), test('failed')], 'failed')] };
    expect(count(some)).toMatchObject({ last: '1 passed, 1 failed', status: 1 });
  });

  it('counts a file that could not be loaded as a failure', () => {
    const report = { success: false, testResults: [file([test('passed')]), file([], 'failed')] };
    expect(count(report)).toMatchObject({ last: '1 passed, 1 failed', status: 1 });
  });

  it.each(['skipped', 'pending', 'todo'])('counts a test that is %s as a failure', (status) => {
    const report = { success: true, testResults: [file([test('passed'), test(status, 'browser signs in')])] };
    const counted = count(report);
    expect(counted).toMatchObject({ last: '1 passed, 1 failed', status: 1 });
    expect(counted.output).toContain('left out: browser signs in');
  });

  it('excuses a test whose title says which Node it needs', () => {
    const report = {
      success: true,
      testResults: [file([test('passed'), test('skipped', 'native argon2 (needs Node 24)')])],
    };
    expect(count(report)).toMatchObject({ last: '1 passed, 0 failed', status: 0 });
  });

  it('does not excuse a test that could have run on this Node', () => {
    const report = { success: true, testResults: [file([test('passed'), test('skipped', 'a (needs Node 20)')])] };
    expect(count(report)).toMatchObject({ last: '1 passed, 1 failed', status: 1 });
  });

  it('never says that nothing failed when nothing ran', () => {
    expect(count(null)).toMatchObject({ last: '0 passed, 1 failed', status: 1 });
    expect(count({ success: true, testResults: [] })).toMatchObject({ last: '0 passed, 1 failed', status: 1 });
    const crashed = { success: false, testResults: [file([test('passed')])] };
    expect(count(crashed)).toMatchObject({ last: '1 passed, 1 failed', status: 1 });
  });

  it('counts a failed step of the gate', () => {
    const all = { success: true, testResults: [file([test('passed')])] };
    expect(count(all, 1)).toMatchObject({ last: '1 passed, 1 failed', status: 1 });
  });
});

describe('a step of the gate', () => {
  const run = (script: string) =>
    spawnSync('bash', ['-c', `set -euo pipefail; source .ci/steps.sh; ${script}`], { cwd: root, encoding: 'utf8' });

  it('is one line with its seconds while it succeeds, whatever it prints', () => {
    const { stdout, status } = run(`step 'types' bash -c 'echo noise'; echo after`);
    expect(stdout).toMatch(/^ {2}ok +\d+s {2}types\nafter\n$/);
    expect(status).toBe(0);
  });

  it('shows its output and stops the gate with its status when it fails', () => {
    const { stdout, status } = run(`step 'types' bash -c 'echo the reason >&2; exit 7'; echo after`);
    expect(stdout).toContain('FAIL');
    expect(stdout).toContain('the reason');
    expect(stdout).toContain('types failed with status 7');
    expect(stdout).not.toContain('after');
    expect(status).toBe(7);
  });

  it('refuses an option that it does not know', () => {
    const { status, stderr } = spawnSync('bash', ['.ci/gate', '--quik'], { cwd: root, encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('--quik');
  });
});
