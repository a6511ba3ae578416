import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../../base/clock.js';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, pathName, say } from '../../base/names.js';
import type { BlockFinding } from '../../redaction/index.js';
import { encodeLine } from '../../redaction/lines/encode-record.js';
import type { Outcome, Printer } from '../output.js';
import { print } from '../output.js';
import { createProgressBar, grouped } from '../progress-bar.js';
import { type BlockResult, blocksInOrder, type RedactChoice, redactorOf } from '../redact/block-work.js';
import { apart, readBlocks } from '../redact/read-blocks.js';
import { createWorkerPool } from '../redact/worker-pool.js';

interface Options {
  readonly json: boolean;
  readonly policy?: string;
  readonly explain: boolean;
  readonly check: boolean;
  readonly workers?: number;
  readonly maxLineBytes: number;
}

/** Status of `--check` when there is something to redact. */
const found = 3;
const blockBytes = 1_048_576;
/** From here on threads are worth their start. */
const largeBytes = 16 * blockBytes;
const mostWorkers = 4;

/** `safekeep redact`: personal data and secrets out of lines, from the standard input or a file to the standard output. */
export function redact(printer: Printer): Command {
  return new Command('redact')
    .description(
      'redact lines; with --check print how much there is to redact instead, with status 3 when there is something',
    )
    .argument('[file]', 'what is redacted; without it the standard input, line by line as it comes')
    .option('--json', 'lines are JSON where they can be: keys decide, at any depth; what is said is JSON too', false)
    .option('--policy <file>', 'the JavaScript module that exports the policy')
    .option(
      '--explain',
      'say on the error output line, place, type and rule of each replacement, never the value',
      false,
    )
    .option('--check', 'print no line', false)
    .option('--workers <count>', 'threads, 1 to 64 (default: 1; up to 4 for a large file)', workerCount)
    .option('--max-line-bytes <bytes>', 'longer lines are cut and marked', lineBytes, 1_048_576)
    .action(async (file: string | undefined, options: Options) => {
      const choice: RedactChoice = {
        isJson: options.json,
        maxLineBytes: options.maxLineBytes,
        policy: options.policy,
        reports: options.explain || options.check,
      };
      const sizeBytes = file === undefined ? undefined : sizeOf(file);
      const totals = createTotals();
      const bar = createProgressBar(
        {
          isTerminal: process.stderr.isTTY === true && !options.explain,
          columns: process.stderr.columns,
          write: (text) => process.stderr.write(text),
        },
        systemClock,
      );
      let readBytes = 0;
      const input = file === undefined ? process.stdin : createReadStream(file, { highWaterMark: blockBytes });
      async function* chunks(): AsyncGenerator<Uint8Array> {
        for await (const chunk of input as AsyncIterable<Uint8Array>) {
          readBytes += chunk.length;
          yield chunk;
        }
      }
      const workers = options.workers ?? defaultWorkers(sizeBytes);
      try {
        for await (const result of results(readBlocks(chunks(), options.maxLineBytes), workers, choice)) {
          if (options.explain) {
            for (const finding of result.findings) printer.err(explained(finding, totals.lines(), options.json));
          }
          totals.add(result);
          if (!options.check) await written(result.bytes);
          if (sizeBytes !== undefined && sizeBytes > 0) {
            bar.update({ name: 'redacted', done: megabytes(readBytes), of: megabytes(sizeBytes), unit: 'MB' });
          }
        }
      } catch (error) {
        // `safekeep redact … | head` has seen enough.
        if (codeOf(error) === 'EPIPE') return;
        throw file !== undefined && codeOf(error) !== undefined ? unreadable(file, error) : error;
      } finally {
        bar.end();
        input.destroy();
      }
      if (options.check) print(totals.outcome(), options.json, printer);
      else if (options.explain) print(totals.outcome(), options.json, { ...printer, out: printer.err });
      if (options.check && totals.findings() > 0) printer.end(found);
    });
}

async function* results(
  blocks: AsyncIterable<Buffer>,
  workers: number,
  choice: RedactChoice,
): AsyncGenerator<BlockResult> {
  // Also for the threads: what is wrong with the policy is said before anything is read.
  const redactor = await redactorOf(choice);
  if (workers === 1) {
    const next = blocksInOrder(redactor, choice);
    for await (const block of blocks) yield next(block);
    return;
  }
  const pool = createWorkerPool(workers, choice);
  const queue: Promise<BlockResult>[] = [];
  try {
    for await (const block of apart(blocks)) {
      const result = pool.redact(block);
      // Its turn comes later; until then a failure is nobody's.
      result.catch(() => undefined);
      queue.push(result);
      if (queue.length >= workers * 2) yield (await queue.shift()) as BlockResult;
    }
    for (const result of queue) yield await result;
  } finally {
    await pool.close();
  }
}

/** Waits while the reader of the output does not keep up. */
async function written(bytes: Uint8Array): Promise<void> {
  if (bytes.length > 0 && !process.stdout.write(bytes)) await once(process.stdout, 'drain');
}

interface Totals {
  add(result: BlockResult): void;
  lines(): number;
  findings(): number;
  outcome(): Outcome;
}

function createTotals(): Totals {
  const types = new Map<string, number>();
  let [lines, cutLines, findings, touched] = [0, 0, 0, 0];
  return {
    lines: () => lines,
    findings: () => findings,
    add(result) {
      lines += result.lines;
      cutLines += result.cutLines;
      findings += result.findings.length;
      touched += new Set(result.findings.map(({ line }) => line)).size;
      for (const { type } of result.findings) types.set(type, (types.get(type) ?? 0) + 1);
    },
    outcome() {
      const sorted = [...types].sort(([a], [b]) => (a < b ? -1 : 1));
      return {
        json: { lines, touched, findings, cutLines, types: Object.fromEntries(sorted) },
        lines: [
          `${grouped(findings)} found in ${grouped(touched)} of ${grouped(lines)} lines${cutLines > 0 ? `; ${grouped(cutLines)} cut` : ''}.`,
          ...sorted.map(([type, count]) => `  ${type}  ${grouped(count)}`),
        ],
      };
    },
  };
}

function explained({ line, path, start, end, type, rule }: BlockFinding, before: number, asJson: boolean): string {
  const number = before + line;
  if (asJson) return JSON.stringify({ line: number, path, start, end, type, rule });
  const place = [
    `line ${number}`,
    ...(path === undefined ? [] : [path]),
    ...(start === undefined ? [] : [`characters ${start} to ${end}`]),
  ];
  return encodeLine(`${place.join(', ')}: ${type} (${rule})`);
}

function defaultWorkers(sizeBytes: number | undefined): number {
  return sizeBytes === undefined || sizeBytes < largeBytes ? 1 : Math.min(mostWorkers, availableParallelism());
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): SafekeepError {
  return new SafekeepError('ERR_OPTION_INVALID', {
    of: nameOf('redact'),
    option: nameOf('file'),
    file: pathName(file),
    because: nameOf(codeOf(error) ?? 'unreadable'),
    expected: say`a file that can be read`,
  });
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof SafekeepError) return undefined;
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}

function workerCount(text: string): number {
  if (/^[1-9]\d?$/.test(text) && Number(text) <= 64) return Number(text);
  throw new InvalidArgumentError('It is a whole number from 1 to 64.');
}

function lineBytes(text: string): number {
  const bytes = /^\d{4,8}$/.test(text) ? Number(text) : 0;
  if (bytes >= 1024 && bytes <= 67_108_864) return bytes;
  throw new InvalidArgumentError('It is a whole number from 1024 to 67108864.');
}
