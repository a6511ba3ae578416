import { Command, InvalidArgumentError, Option } from 'commander';
import { type Calibration, calibrate as calibrateHashing, type EngineName } from '../../passwords/index.js';
import { startLongWork } from '../long-work.js';
import { type Outcome, type Printer, print } from '../output.js';

interface Options {
  readonly target: number;
  readonly rate: number;
  readonly memory: number;
  readonly running?: number;
  readonly cores?: number;
  readonly engine: EngineName | 'fastest';
  readonly json: boolean;
}

/** `safekeep calibrate`: what a password hash should cost on this machine, and what the server then carries. */
export function calibrate(printer: Printer): Command {
  return new Command('calibrate')
    .description('measure what a password hash may cost here, by processor time; print the options and what they carry')
    .option('--target <ms>', 'processor time of one hash, at most: 10 to 10000', whole(10, 10_000), 150)
    .option('--rate <count>', 'sign-ins a second to carry with half of the processor: 1 to 10000', whole(1, 10_000), 5)
    .option('--memory <MiB>', 'for all hashes at once, at most: 8 to 65536', whole(8, 65_536), 256)
    .option('--running <count>', 'hashes at once: 1 to 64 (default: the cores, at most 2)', whole(1, 64))
    .option('--cores <count>', 'of the server, where a container has fewer than the machine: 1 to 1024', whole(1, 1024))
    .addOption(
      new Option('--engine <name>', 'what computes the hashes')
        .choices(['argon2', '@node-rs/argon2', 'crypto.argon2', 'fastest'])
        .default('argon2'),
    )
    .option('--json', 'answer as JSON', false)
    .action(async ({ target, rate, memory, running, cores, engine, json }: Options) => {
      const stopped = new Error('stopped before the measurement was done');
      const { bar, signal, end } = startLongWork(json, stopped);
      try {
        const found = await calibrateHashing({
          targetMs: target,
          perSecond: rate,
          memoryMiB: memory,
          running,
          cores,
          engine,
          signal,
          onProgress: (progress) => bar.update({ name: 'measuring', unit: 'rounds', ...progress }),
        });
        bar.end();
        print(outcomeOf(found, rate), json, printer);
      } finally {
        end();
      }
    });
}

function outcomeOf(found: Calibration, rate: number): Outcome {
  const { engine, cost, gate, cpuMs, budgetMs, cores, plan } = found;
  const lines = [
    `${engine} with ${gate.running} at once on ${cores} ${cores === 1 ? 'core' : 'cores'}:`,
    `  cost      ${mebibytes(cost.memoryKiB)}, ${cost.passes} passes, 1 lane`,
    `  one hash  ${cpuMs.median} ms of the processor (${cpuMs.most} at most); the budget is ${budgetMs} ms`,
    `  sign-ins  ${plan.mostPerSecond} a second at most; ${rate} a second take ${Math.round(100 * plan.shareOfProcessor)} % of the processor`,
    `  a storm   takes ${mebibytes(plan.stormMemoryKiB)} for hashing; ${gate.queue} wait, the rest is told to come back`,
    '',
    'createPasswords({',
    ...(engine === 'argon2' ? [] : [`  engine: '${engine}',`]),
    `  cost: { memoryKiB: ${cost.memoryKiB}, passes: ${cost.passes}, lanes: ${cost.lanes} },`,
    `  gate: { running: ${gate.running}, queue: ${gate.queue}, deadlineMs: ${gate.deadlineMs} },`,
    '});',
  ];
  return { json: { ...found }, lines };
}

function mebibytes(kib: number): string {
  return `${Math.round((10 * kib) / 1024) / 10} MiB`;
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[1-9][0-9]{0,6}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`);
  };
}
