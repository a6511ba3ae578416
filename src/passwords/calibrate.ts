import { availableParallelism } from 'node:os';
import { type Clock, systemClock } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf } from '../base/names.js';
import { anyRule, functionRule, integerRule, objectRule, optional, readOptions, withDefault } from '../base/options.js';
import { bounds, type Cost, isAtLeastFloor, leastCosts } from './cost.js';
import type { EngineChoice, PasswordEngine } from './engine.js';
import { type EngineReport, openEngine } from './engines/open-engine.js';
import type { GateOptions } from './gate.js';

export interface CalibrateOptions {
  /** The most processor time of one hash, in milliseconds. 10 to 10,000; default 150. */
  readonly targetMs?: number | undefined;
  /** Sign-ins a second that the server must carry with half of its processor. 1 to 10,000; default 5. */
  readonly perSecond?: number | undefined;
  /** The most memory that all hashes at once may take, in MiB. 8 to 65,536; default 256. */
  readonly memoryMiB?: number | undefined;
  /** Hashes at once, as in the gate. 1 to 64; default: the cores, at most 2. */
  readonly running?: number | undefined;
  /** Cores that the server has. Default: what the system says, which knows nothing of a container's quota. 1 to 1024. */
  readonly cores?: number | undefined;
  /** Default `argon2`. */
  readonly engine?: EngineChoice | undefined;
  readonly onProgress?: ((progress: CalibrateProgress) => void) | undefined;
  /** Aborted: stops before the next hash and throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** Processor time of this process so far, in milliseconds; for tests. */
  readonly cpuMs?: (() => number) | undefined;
}

export interface CalibrateProgress {
  readonly done: number;
  readonly of: number;
}

/** What to set, and what the server then carries. */
export interface Calibration {
  readonly engine: EngineReport['engine'];
  readonly cost: Cost;
  readonly gate: Required<{ readonly [K in keyof GateOptions]: number }>;
  /** Processor time of one hash while `gate.running` of them run: median, and the dearest round. */
  readonly cpuMs: { readonly median: number; readonly most: number };
  /** What one hash may take: the target, or what the rate leaves. */
  readonly budgetMs: number;
  readonly cores: number;
  readonly plan: {
    /** Sign-ins a second with all of the gate's slots busy; beyond it requests wait and are refused. */
    readonly mostPerSecond: number;
    /** The part of the processor that `perSecond` takes, 0 to 1. */
    readonly shareOfProcessor: number;
    /** What hashing takes in a storm, in KiB: running times memory. */
    readonly stormMemoryKiB: number;
  };
}

const shape = {
  targetMs: withDefault(integerRule({ min: 10, max: 10_000 }), 150),
  perSecond: withDefault(integerRule({ min: 1, max: 10_000 }), 5),
  memoryMiB: withDefault(integerRule({ min: 8, max: 65_536 }), 256),
  running: optional(integerRule({ min: 1, max: 64 })),
  cores: optional(integerRule({ min: 1, max: 1024 })),
  engine: withDefault(anyRule<EngineChoice>(), 'argon2'),
  onProgress: optional(functionRule<NonNullable<CalibrateOptions['onProgress']>>()),
  signal: optional(objectRule<AbortSignal>('throwIfAborted')),
  clock: withDefault(objectRule<Clock>('nowMs'), systemClock),
  cpuMs: withDefault(functionRule<() => number>(), processorMs),
};

/** The part of the processor that signing in may take at the rate that was asked for: the rest serves pages. */
const processorShare = 0.5;
const roundsOf = { first: 4, chosen: 6 };
const mostTries = 4;
/** A second try that aims at the budget itself would miss it every other time. */
const margin = 1.03;
const mebibyte = 1024;

/**
 * Finds what a hash should cost on this machine: by the processor's time, not the clock's, so that a busy machine does
 * not pass for a slow one; and with as many hashes at once as the gate lets run, because they slow each other down.
 * Takes the most memory that fits and then the most passes (RFC 9106 section 4): memory is what a guesser's hardware
 * pays for. Two passes at least, where argon2id resists trade-offs better than in one.
 * @throws SafekeepError ERR_PASSWORD_COST when nothing above the floor of `createPasswords` fits, with what it measured;
 *   ERR_OPTION_*; what the engine throws
 * @example
 * import { calibrate, createPasswords } from 'safekeep/passwords';
 * const { cost, gate } = await calibrate({ targetMs: 100, perSecond: 10, memoryMiB: 128 });
 * const passwords = createPasswords({ cost, gate });
 */
export async function calibrate(options: CalibrateOptions = {}): Promise<Calibration> {
  const read = readOptions('calibrate', shape, options);
  const cores = read.cores ?? availableParallelism();
  const running = read.running ?? Math.max(1, Math.min(cores, 2));
  const engine = openEngine(read.engine);
  const { engine: name } = await engine.selfTest();
  const budgetMs = Math.min(read.targetMs, (processorShare * cores * 1000) / read.perSecond);
  const mostKiB = Math.min(bounds.memoryKiB.max, Math.floor((read.memoryMiB * mebibyte) / running));

  let done = 0;
  // The first measurement, and usually one or two of a choice.
  let of = roundsOf.first + 2 * roundsOf.chosen;
  async function measure(cost: Cost, rounds: number): Promise<readonly number[]> {
    of = Math.max(of, done + rounds);
    const each: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      read.signal?.throwIfAborted();
      const began = read.cpuMs();
      await Promise.all(Array.from({ length: running }, () => hashOnce(engine, cost)));
      // The first touches memory that the system has yet to hand out.
      if (round > 0) each.push((read.cpuMs() - began) / running);
      done += 1;
      read.onProgress?.({ done, of });
    }
    return each.sort((a, b) => a - b);
  }

  const least = leastCosts.filter(({ memoryKiB, passes }) => memoryKiB <= mostKiB && passes >= leastPasses);
  const sample: Cost = least[0] ?? { memoryKiB: Math.min(mostKiB, 7168), passes: leastPasses, lanes: 1 };
  let msPerBlock = medianOf(await measure(sample, roundsOf.first)) / blocksOf(sample);
  let chosen: { cost: Cost; times: readonly number[] } | undefined;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const cost = dearest(budgetMs / msPerBlock, mostKiB);
    if (cost === undefined || (chosen !== undefined && blocksOf(cost) >= blocksOf(chosen.cost))) break;
    chosen = { cost, times: await measure(cost, roundsOf.chosen) };
    if (medianOf(chosen.times) <= budgetMs) break;
    // Larger memory misses the caches more: what was measured at this size is what counts for the next try.
    msPerBlock = (margin * medianOf(chosen.times)) / blocksOf(cost);
  }
  if (chosen === undefined || medianOf(chosen.times) > budgetMs) {
    throw new SafekeepError('ERR_PASSWORD_COST', {
      of: nameOf('calibrate'),
      budgetMs: rounded(budgetMs),
      mostKiB,
      neededMs: rounded(msPerBlock * Math.min(...leastCosts.filter(hasTwoPasses).map(blocksOf))),
    });
  }
  read.onProgress?.({ done, of: done });
  const median = medianOf(chosen.times);
  const deadlineMs = 2000;
  return Object.freeze({
    engine: name,
    cost: chosen.cost,
    gate: { running, queue: Math.min(1024, Math.max(running, Math.ceil((deadlineMs * running) / median))), deadlineMs },
    cpuMs: { median: rounded(median), most: rounded(chosen.times.at(-1) as number) },
    budgetMs: rounded(budgetMs),
    cores,
    plan: {
      mostPerSecond: rounded((Math.min(running, cores) * 1000) / median),
      shareOfProcessor: rounded((read.perSecond * median) / (1000 * cores)),
      stormMemoryKiB: running * chosen.cost.memoryKiB,
    },
  });
}

const leastPasses = 2;
const hasTwoPasses = ({ passes }: Cost): boolean => passes >= leastPasses;

/** The most memory that the work allows, in whole MiB where it is above the floor's own steps, then the most passes. */
function dearest(blocks: number, mostKiB: number): Cost | undefined {
  let best: Cost | undefined;
  for (let passes = leastPasses; passes <= bounds.passes.max; passes += 1) {
    const affordable = Math.min(mostKiB, Math.floor(blocks / passes));
    const whole = affordable - (affordable % mebibyte);
    for (const memoryKiB of new Set([whole, affordable])) {
      const cost: Cost = { memoryKiB: Math.min(memoryKiB, bounds.memoryKiB.max), passes, lanes: 1 };
      if (memoryKiB < bounds.memoryKiB.min || !isAtLeastFloor(cost)) continue;
      if (best === undefined || memoryKiB >= best.memoryKiB) best = cost;
      break;
    }
  }
  return best;
}

async function hashOnce(engine: PasswordEngine, cost: Cost): Promise<void> {
  const [password, salt] = [Buffer.from('a sentence to measure'), Buffer.from('sixteen letters!')];
  await engine.tag({ variant: 'argon2id', ...cost, password, salt, tagBytes: 32 });
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const blocksOf = ({ memoryKiB, passes }: Cost): number => memoryKiB * passes;

function medianOf(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] as number;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
