import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../../base/clock.js';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, pathName, say } from '../../base/names.js';
import { originRule } from '../../base/options.js';
import { findingKinds } from '../../doctor/checks.js';
import { type Examination, examine } from '../../doctor/examine.js';
import { type Exception, exceptionKinds, readExceptions } from '../../doctor/exceptions.js';
import { isAtLeast, type Severity, severities } from '../../doctor/finding.js';
import { sarifReport } from '../../doctor/report-sarif.js';
import { reportLines } from '../../doctor/report-text.js';
import type { Subject } from '../../doctor/subject.js';
import { type DoctorChoice, stepsOf } from '../doctor/steps.js';
import { type AppParts, loadApp } from '../load-app.js';
import { type LongWork, startLongWork } from '../long-work.js';
import { type Printer, print } from '../output.js';
import { packageVersion } from '../package-version.js';
import { withRingOptions, withSetup } from '../setup.js';

interface Options extends DoctorChoice {
  readonly exceptions?: string;
  readonly failOn: Severity | 'never';
  readonly sarif?: string;
  readonly json: boolean;
}

/** Status when there are findings of `--fail-on` or worse: the examination went well, the patient is not. */
const unwell = 3;

/** `safekeep doctor`: what is wrong with an application, a running server, and what lies around them. */
export function doctor(printer: Printer): Command {
  return withRingOptions(new Command('doctor'))
    .description('say what is wrong with an application and a running server, why it matters and how to mend it')
    .option('--app <file>', 'a module that exports the Express application, or makes it')
    .option('--url <origin>', 'a running server: https://shop.example', origin)
    .option('--origin <origin>', 'where customers reach the application, for --app without --url', origin)
    .option(
      '--plaintext <url>',
      'where plaintext arrives, when it is not port 80 of --url: http://shop.example:8080',
      plainUrl,
    )
    .option('--ca <file...>', 'an authority to trust beside the public ones, PEM', [])
    .option('--page <path...>', 'pages to look at (default: /)', paths, [])
    .option('--post <path...>', 'paths that change something; each is sent a cross-site POST, to be refused', paths, [])
    .option('--script-cookie <name...>', 'cookies that scripts are meant to read', [])
    .option('--key <file>', 'the private key of the server; with --cert both are read as the server would')
    .option('--cert <file>', 'the certificate of the server, with its chain')
    .option('--policy <file>', 'the module of the policy, to hold the database against')
    .option('--elsewhere <table...>', 'declared tables that live in another database', [])
    .option('--reset-mail <file>', 'a mail that resets a password, as it was sent')
    .option('--repository <folder>', 'a folder in git, to look through for keys, tokens and passwords')
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
      assertSomething(options);
      const exceptions = exceptionsOf(options.exceptions);
      const work = startLongWork(options.json, new Error('stopped before the examination was done'));
      try {
        const examination = examine(await lookAt(options, printer, work), exceptions);
        work.bar.end();
        if (options.sarif !== undefined) {
          const report = sarifReport(examination, packageVersion(), anchorOf(options));
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
async function lookAt(choice: Options, printer: Printer, { bar, signal }: LongWork): Promise<Subject> {
  const { app: file, url } = choice;
  const parts: AppParts = file === undefined ? {} : await loadApp('doctor', file);
  try {
    return await withSetup('doctor', choice, printer, async (setup) => {
      const steps = stepsOf(choice, parts, setup);
      let subject: Subject = {
        name: url ?? file ?? choice.repository ?? setup.ringName,
        nowMs: systemClock.nowMs(),
        origin: url ?? choice.origin ?? parts.origin,
        scriptCookies: choice.scriptCookie,
      };
      for (const [done, step] of steps.entries()) {
        signal.throwIfAborted();
        bar.update({ name: step.name, unit: 'steps', done, of: steps.length });
        subject = { ...subject, ...(await step.look(subject)) };
      }
      return subject;
    });
  } finally {
    await parts.close?.();
  }
}

/** @throws SafekeepError ERR_OPTION_MISSING when there is nothing to look at */
function assertSomething(choice: Options): void {
  const named: readonly (keyof Options)[] = [
    'app',
    'url',
    'repository',
    'config',
    'root',
    'database',
    'embedded',
    'key',
    'resetMail',
  ];
  if (named.some((name) => choice[name] !== undefined)) return;
  const expected = say`--app with a module, --url with a running server, --repository, or what names a key ring or a database`;
  throw new SafekeepError('ERR_OPTION_MISSING', { of: nameOf('doctor'), option: nameOf('app'), expected });
}

/** A file of the repository, as code scanning names them: from its root, with forward slashes. */
function anchorOf({ app, exceptions }: Options): string {
  const file = app ?? exceptions ?? 'package.json';
  const inside = relative(process.cwd(), resolve(file));
  return inside.startsWith('..') ? 'package.json' : inside.replaceAll('\\', '/');
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

function plainUrl(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === 'http:' && new URL(text).origin === text) return text;
  throw new InvalidArgumentError(
    'It is an address like http://shop.example or http://shop.example:8080, without a path.',
  );
}

/** Written into a request as it is, so it may hold nothing that would end the line. */
function paths(text: string, before: readonly string[]): readonly string[] {
  if (/^\/[\x21-\x7e]*$/.test(text)) return [...before, text];
  throw new InvalidArgumentError('It is a path like /login, percent-encoded where it needs to be.');
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (/^[1-9]\d{2,5}$/.test(text) && value <= 120_000) return value;
  throw new InvalidArgumentError('It is a whole number from 100 to 120000.');
}
