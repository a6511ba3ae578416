// Reads what vitest wrote about a run: `count.mjs [major version of Node] [--closing]`. Fails when a suite was left out
// that should have run: under CI a skip is a failure, unless the test needs what this machine cannot have.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const results = process.env.RESULTS ?? join(dirname(fileURLToPath(import.meta.url)), '..', '.build', 'results');
const major = process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? process.versions.node.split('.')[0];
const shared = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'shared');

/** Why a skipped test may be skipped here. Everything else that was left out should have run. */
const excuses = [
  [/\(needs Node (\d+)/, (needed) => Number(major) < Number(needed)],
  [/\(needs root\)/, () => process.getuid?.() !== 0],
  [/\(needs Linux\)/, () => process.platform !== 'linux'],
  // Vectors, prose and guidelines of others lie beside the project, never in it: a plain clone has none.
  [/the (C2SP|AWS-LC|Wycheproof) file of|labelled prose|published (guideline|lists)/, () => !existsSync(shared)],
];
const isExcused = (title) => excuses.some(([words, holds]) => words.test(title) && holds(words.exec(title)?.[1]));

function report() {
  try {
    const file = readdirSync(results).find((name) => name === `node-${major}.json`);
    return JSON.parse(readFileSync(join(results, file), 'utf8'));
  } catch {
    return null;
  }
}

const run = report();
const tests = (run?.testResults ?? []).flatMap((file) =>
  file.assertionResults.map((test) => ({ ...test, file: file.name })),
);
const passed = tests.filter((test) => test.status === 'passed').length;
// A file that could not be loaded has no tests to fail: it is a failure all the same.
const unloaded = (run?.testResults ?? []).filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
);
const leftOut = tests.filter((test) => !['passed', 'failed'].includes(test.status) && !isExcused(test.fullName));
let failed = tests.filter((test) => test.status === 'failed').length + unloaded.length + leftOut.length;
for (const test of leftOut) console.log(`left out: ${test.fullName}`);
for (const file of unloaded) console.log(`could not be loaded: ${file.name}`);
if (run === null) console.log(`There is no result of a run on Node ${major}: the tests did not finish.`);
if (run === null || (!run.success && failed === 0) || tests.length === 0) failed += 1;

// .ci/run says how many steps of the gate failed: a reader of the last line alone must not take that for success.
failed += Number(process.env.GATE_FAILURES ?? 0);
if (process.argv.includes('--closing')) console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
