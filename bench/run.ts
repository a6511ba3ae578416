import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { checkBudgets, readBudgets } from './harness/budget.js';
import { type BenchCase, loadCases } from './harness/case.js';
import { load, machine, refusal } from './harness/machine.js';
import { type CaseResult, measure } from './harness/measure.js';
import { picture } from './harness/picture.js';
import { caseText, type Report, reportText } from './harness/report.js';

const usage = `npm run bench -- [options]
  --case <name>      only cases whose name begins so; may be repeated
  --rounds <n>       rounds per case (default 40)
  --seed <n>         of the order of contenders and of the intervals (default 1)
  --json <file>      the whole report ('-': to the standard output, and nothing else there)
  --svg <file>       the report as a picture
  --check <file>     budgets that must be kept; ends with status 1 where one is not
  --force            measure although the machine is busy, and say so in the report
  --cases <folder>   compiled case files (default: those of this repository)
  --list             names and questions, and nothing is measured`;

const packages = [
  'argon2',
  '@node-rs/argon2',
  '@node-rs/xxhash',
  'hash-wasm',
  'express-rate-limit',
  'rate-limit-redis',
  'rate-limiter-flexible',
  'ioredis',
];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      case: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '40' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      svg: { type: 'string' },
      check: { type: 'string' },
      cases: { type: 'string', default: fileURLToPath(new URL('cases', import.meta.url)) },
      force: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const print = values.json === '-' ? console.error : console.log;
  if (values.help) {
    print(usage);
    return 0;
  }
  const rounds = whole('rounds', values.rounds, 5);
  const seed = whole('seed', values.seed, 0);
  const budgets = values.check === undefined ? [] : readBudgets(readFileSync(values.check, 'utf8'));
  const chosen = await choose(
    resolve(values.cases),
    values.case,
    values.check === undefined ? undefined : budgets.map((budget) => budget.case),
  );
  if (values.list) {
    for (const { bench } of chosen) print(`${bench.name}: ${bench.question}`);
    return 0;
  }
  const before = load();
  const refused = refusal(before, values.force);
  if (refused !== undefined) {
    console.error(refused);
    return 3;
  }
  const results: CaseResult[] = [];
  for (const { file, bench } of chosen) {
    const result = await measure(file, bench, { rounds, seed });
    results.push(result);
    print(caseText(result));
  }
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  const report: Report = {
    command,
    machine: machine(packages),
    load: { before, after: load(), forced: before.oneMinute > before.limit },
    seed,
    results,
  };
  print(`\n${reportText({ ...report, results: [] })}`);
  if (values.json === '-') console.log(JSON.stringify(report, null, 2));
  else if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  if (values.svg !== undefined) writeFileSync(values.svg, picture(report));
  const verdicts = checkBudgets(budgets, results);
  for (const { case: name, against, atLeast, kept, because } of verdicts) {
    print(
      `${kept ? 'kept' : 'NOT KEPT'}: ${name} at least ${atLeast.toFixed(2)} times as fast as ${against}: ${because}`,
    );
  }
  const isVoid = results.some((result) => result.isVoid);
  return isVoid || verdicts.some(({ kept }) => !kept) ? 1 : 0;
}

interface Chosen {
  readonly file: string;
  readonly bench: BenchCase;
}

async function choose(
  folder: string,
  prefixes: readonly string[] | undefined,
  checked: readonly string[] | undefined,
): Promise<Chosen[]> {
  const files = readdirSync(folder)
    .filter((name) => /\.m?js$/.test(name))
    .sort();
  const all: Chosen[] = [];
  for (const name of files) {
    const file = pathToFileURL(join(folder, name)).href;
    for (const bench of await loadCases(file)) all.push({ file, bench });
  }
  for (const prefix of prefixes ?? []) {
    if (!all.some(({ bench }) => bench.name.startsWith(prefix)))
      throw new Error(`there is no case ${prefix}; --list names them`);
  }
  return all.filter(({ bench }) => {
    if (prefixes !== undefined) return prefixes.some((prefix) => bench.name.startsWith(prefix));
    return checked === undefined || checked.includes(bench.name);
  });
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${option} takes a whole number of ${least} or more`);
  return value;
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  },
);
