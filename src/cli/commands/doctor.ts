import { readFileSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../../base/clock.js';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, pathName, say } from '../../base/names.js';
import { originRule } from '../../base/options.js';
import { findingKinds } from '../../doctor/checks.js';
import { type Examination, examine } from '../../doctor/examine.js';
import { type Exception, exceptionKinds, readExceptions } from '../../doctor/exceptions.js';
import { isAtLeast, type Severity, severities } from '../../doctor/finding.js';
import { askApplication, lookAtApplication } from '../../doctor/look/application.js';
import { lookAtServer } from '../../doctor/look/server.js';
import { sarifReport } from '../../doctor/report-sarif.js';
import { reportLines } from '../../doctor/report-text.js';
import type { Subject } from '../../doctor/subject.js';
import { loadApp } from '../load-app.js';
import { type LongWork, startLongWork } from '../long-work.js';
import { type Printer, print } from '../output.js';
import { packageVersion } from '../package-version.js';

interface Options {
  readonly app?: string;
  readonly url?: string;
  readonly origin?: string;
  readonly ca: readonly string[];
  readonly page: readonly string[];
  readonly post: readonly string[];
  readonly scriptCookie: readonly string[];
  readonly exceptions?: string;
  readonly failOn: Severity | 'never';
  readonly timeout: number;
  readonly sarif?: string;
  readonly json: boolean;
}

/** Status when there are findings of `--fail-on` or worse: the examination went well, the patient is not. */
const unwell = 3;

/** `safekeep doctor`: what is wrong with an application, a running server, and what lies around them. */
export function doctor(printer: Printer): Command {
  return new Command('doctor')
    .description('say what is wrong with an application and a running server, why it matters and how to mend it')
    .option('--app <file>', 'a module that exports the Express application, or makes it')
    .option('--url <origin>', 'a running server: https://shop.example', origin)
    .option('--origin <origin>', 'where customers reach the application, for --app without --url', origin)
    .option('--ca <file...>', 'an authority to trust beside the public ones, PEM', [])
    .option('--page <path...>', 'pages to look at', ['/'])
    .option('--post <path...>', 'paths that change something; each is sent a cross-site POST, to be refused', [])
    .option('--script-cookie <name...>', 'cookies that scripts are meant to read', [])
    .option('--exceptions <file>', 'findings to live with, each with its reason, as JSON')
    .addOption(
      new Option('--fail-on <severity>', 'end with status 3 when a finding is as bad as this, or worse')
        .choices([...severities, 'never'])
        .default('medium'),
    )
    .option('--timeout <ms>', 'longest wait for one answer', milliseconds, 5000)
    .option('--sarif <file>', 'write the report for code scanning, SARIF 2.1.0')
    .option('--json', 'answer as JSON', false)
    .action(async (options: Options) => {
      const exceptions = exceptionsOf(options.exceptions);
      const work = startLongWork(options.json, new Error('stopped before the examination was done'));
      try {
        const examination = examine(await lookAt(options, work), exceptions);
        work.bar.end();
        if (options.sarif !== undefined) {
          const report = sarifReport(
            examination,
            packageVersion(),
            options.app ?? options.exceptions ?? 'package.json',
          );
          writeFileSync(options.sarif, `${JSON.stringify(report, undefined, 2)}\n`);
        }
        const colour = process.stdout.isTTY === true && process.stdout.hasColors();
        print({ json: jsonOf(examination), lines: reportLines(examination, colour) }, options.json, printer);
        const least = options.failOn;
        if (least !== 'never' && examination.findings.some(({ kind }) => isAtLeast(kind.severity, least)))
          printer.end(unwell);
      } finally {
        work.end();
      }
    });
}

/** Looks at everything that was named. */
async function lookAt(options: Options, { bar, signal }: LongWork): Promise<Subject> {
  const { app: file, url, timeout: limitMs, page: pages, post: posts } = options;
  if (file === undefined && url === undefined) {
    const expected = say`--app with a module, or --url with a running server`;
    throw new SafekeepError('ERR_OPTION_MISSING', { of: nameOf('doctor'), option: nameOf('app'), expected });
  }
  const where = url ?? options.origin;
  const steps: (() => Promise<Partial<Subject>>)[] = [];
  if (file !== undefined) steps.push(() => lookAtModule(file, where, url === undefined, options));
  if (url !== undefined) {
    const authorities = options.ca.map((path) => readFileSync(path, 'utf8'));
    steps.push(() => lookAtServer({ origin: url, authorities, pages, posts, limitMs }));
  }
  let subject: Subject = {
    name: url ?? file ?? '',
    nowMs: systemClock.nowMs(),
    origin: where,
    scriptCookies: options.scriptCookie,
  };
  for (const [done, step] of steps.entries()) {
    signal.throwIfAborted();
    bar.update({ name: 'examining', unit: 'steps', done, of: steps.length });
    subject = { ...subject, ...(await step()) };
  }
  return subject;
}

async function lookAtModule(
  file: string,
  where: string | undefined,
  ask: boolean,
  { page: pages, post: posts, timeout: limitMs }: Options,
): Promise<Partial<Subject>> {
  const { app, close } = await loadApp('doctor', file);
  try {
    if (app === undefined) return {};
    const application = lookAtApplication(app);
    if (!ask || where === undefined) return { application };
    return { application, answers: await askApplication(app, where, { pages, posts }, limitMs) };
  } finally {
    await close();
  }
}

function exceptionsOf(file: string | undefined): readonly Exception[] {
  if (file === undefined) return [];
  const ids = new Set([...findingKinds, ...Object.values(exceptionKinds)].map(({ id }) => id));
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    const facts = { of: nameOf('doctor'), option: nameOf('exceptions'), file: pathName(file) };
    throw new SafekeepError('ERR_OPTION_INVALID', { ...facts, expected: say`a file that can be read` });
  }
  return readExceptions(text, file, ids);
}

function jsonOf({ findings, excepted, done, left }: Examination): Readonly<Record<string, unknown>> {
  const flat = ({ kind, seen, place }: Examination['findings'][number]): object => ({ ...kind, seen, place });
  return {
    findings: findings.map(flat),
    excepted: excepted.map(({ finding, reason }) => ({ ...flat(finding), reason })),
    examined: done,
    notLookedAt: left,
  };
}

function origin(text: string): string {
  if (originRule().check(text) === undefined) return text;
  throw new InvalidArgumentError(
    'It is an origin like https://shop.example or https://shop.example:8443, without a path.',
  );
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (/^[1-9]\d{2,5}$/.test(text) && value <= 120_000) return value;
  throw new InvalidArgumentError('It is a whole number from 100 to 120000.');
}
