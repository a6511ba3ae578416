import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, pathName } from '../../base/names.js';
import {
  type BreachedBuildReport,
  type BreachedList,
  type BreachedListInfo,
  breachedFile,
  buildBreachedList,
  commonPasswords,
  type FingerprintBits,
} from '../../passwords/index.js';
import { startLongWork } from '../long-work.js';
import { type Outcome, type Printer, print } from '../output.js';
import { grouped } from '../progress-bar.js';
import { readHidden } from '../read-hidden.js';

interface BuildChoice {
  readonly output: string;
  readonly minCount: number;
  readonly bits: FingerprintBits;
  readonly json: boolean;
}

/** Statuses of `check`, for scripts. */
const [isListed, isUnknown] = [3, 4];

/** `safekeep breached`: lists of stolen passwords as one small file. */
export function breached(printer: Printer): Command {
  return new Command('breached')
    .description('make and ask lists of breached passwords')
    .addCommand(build(printer))
    .addCommand(check(printer))
    .addCommand(info(printer));
}

function build(printer: Printer): Command {
  return new Command('build')
    .description('make a list out of SHA-1 hashes: lines HASH:COUNT, as Have I Been Pwned gives them out, or HASH')
    .argument('[hashes]', 'the file of hashes; without it they are read from the standard input')
    .requiredOption('-o, --output <file>', 'the list that is made')
    .option('--min-count <count>', 'leave out what was seen less often', wholeNumber, 0)
    .option('--bits <bits>', '16: one false alarm in 65,536; 8: one in 256, in half the space', fingerprintBits, 16)
    .option('--json', 'answer as JSON', false)
    .action(async (hashes: string | undefined, { output, minCount, bits, json }: BuildChoice) => {
      const { bar, signal, end } = startLongWork(json);
      const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
      try {
        const inputBytes = hashes === undefined ? undefined : await sizeOf(hashes);
        const report = await buildBreachedList({
          input: hashes === undefined ? process.stdin : readable(hashes),
          output,
          minCount,
          bits,
          signal,
          onProgress({ step, done, of }) {
            // How much will be piped in nobody knows: there is no bar for that, and then one for the rest.
            if (of !== undefined) bar.update({ name: 'built', done, of, unit: 'hashes' });
            else if (inputBytes !== undefined && step === 'read') {
              bar.update({ name: 'read', done: megabytes(done), of: megabytes(inputBytes), unit: 'MB' });
            }
          },
        });
        bar.end();
        print(built(report, output), json, printer);
      } finally {
        end();
      }
    });
}

function check(printer: Printer): Command {
  return new Command('check')
    .description(
      'ask whether a password is listed; it is read without echo or from the standard input, never from the command line; status 3 when it is, 4 when that is unknown',
    )
    .argument('[file]', 'the list; without it the one that comes with safekeep')
    .option('--disk', 'read the list by position instead of loading it', false)
    .option('--json', 'answer as JSON', false)
    .action(async (file: string | undefined, { disk, json }: { readonly disk: boolean; readonly json: boolean }) => {
      const list = listOf(file, disk ? 'disk' : 'memory');
      try {
        // First the list, so that nobody types a password into a command that cannot answer.
        await list.open();
        const password = await readHidden(process.stdin, {
          text: 'Password: ',
          write: (text) => process.stderr.write(text),
        });
        if (password === null || password === '') {
          print({ json: { verdict: 'unknown' }, lines: ['No password was given.'] }, json, printer);
          return printer.end(isUnknown);
        }
        const verdict = await list.look(password);
        const words = {
          listed: 'This password is in the list: do not use it.',
          unlisted: 'This password is not in the list.',
          unknown: 'The list could not be read, so this is unknown.',
        };
        print({ json: { verdict }, lines: [words[verdict]] }, json, printer);
        if (verdict !== 'unlisted') printer.end(verdict === 'listed' ? isListed : isUnknown);
      } finally {
        await list.close();
        process.stdin.pause();
      }
    });
}

function info(printer: Printer): Command {
  return new Command('info')
    .description('check a list from its first to its last byte, and say what it holds')
    .argument('[file]', 'the list; without it the one that comes with safekeep')
    .option('--json', 'answer as JSON', false)
    .action(async (file: string | undefined, { json }: { readonly json: boolean }) => {
      const list = listOf(file, 'disk');
      try {
        print(described(await list.open()), json, printer);
      } finally {
        await list.close();
      }
    });
}

function listOf(file: string | undefined, keep: 'memory' | 'disk'): BreachedList {
  return file === undefined ? commonPasswords() : breachedFile({ path: file, keep });
}

function built(report: BreachedBuildReport, output: string): Outcome {
  const { hashes, entries, fileBytes, falsePositiveRate } = report;
  const lines = [
    `Made ${output}.`,
    ...table([
      ['passwords', grouped(entries)],
      ['repeated or read twice', grouped(hashes - entries)],
      ['bytes', grouped(fileBytes)],
      ['bits a password', ((fileBytes * 8) / entries).toFixed(2)],
      ['false alarms', rate(falsePositiveRate)],
    ]),
  ];
  return { json: { ...report, output }, lines };
}

function described(info: BreachedListInfo): Outcome {
  const { entries, minCount, fileBytes, falsePositiveRate } = info;
  const lines = table([
    ['passwords', grouped(entries)],
    ['seen at least', minCount === 0 ? 'any number of times' : `${grouped(minCount)} times`],
    ['bytes', grouped(fileBytes)],
    ['false alarms', rate(falsePositiveRate)],
  ]);
  return { json: { ...info }, lines: ['The list is whole.', ...lines] };
}

function rate(falsePositiveRate: number): string {
  return `1 in ${grouped(Math.round(1 / falsePositiveRate))} passwords that are not listed`;
}

function table(rows: readonly (readonly [name: string, value: string])[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw fileError(path, error);
  }
}

async function* readable(path: string): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 2 ** 18 }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw fileError(path, error);
  }
}

function fileError(path: string, error: unknown): SafekeepError {
  const { code } = error as { readonly code?: unknown };
  const because = nameOf(typeof code === 'string' ? code : 'unreadable');
  return new SafekeepError('ERR_BREACHED_FILE', { path: pathName(path), because });
}

function wholeNumber(text: string): number {
  if (/^(0|[1-9][0-9]{0,8})$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is no whole number.');
}

function fingerprintBits(text: string): FingerprintBits {
  if (text === '8') return 8;
  if (text === '16') return 16;
  throw new InvalidArgumentError('It is 8 or 16.');
}
