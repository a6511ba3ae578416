import { type BenchCase, type Contender, oursOf } from './case.js';
import { seeded, shuffled } from './chance.js';
import { type Host, nodeOf, startHost } from './host.js';
import { median, type Pair, type Ratio, ratioOf, straddlesOne } from './ratio.js';

export interface Against extends Ratio {
  readonly contender: string;
  /** Median time of one operation, in nanoseconds. */
  readonly nsPerOperation: number;
}
export interface CaseResult {
  readonly name: string;
  readonly question: string;
  readonly mode: BenchCase['mode'];
  readonly operations: number;
  readonly slices: number;
  readonly rounds: number;
  readonly generations: number;
  readonly ours: { readonly contender: string; readonly nsPerOperation: number };
  readonly against: readonly Against[];
  /** Ours against ours. Where it does not straddle 1.00 the whole case is void. */
  readonly control: Ratio;
  readonly isVoid: boolean;
  /** How often it was measured until the control held, at most three times. */
  readonly attempts: number;
  readonly absent: readonly { readonly contender: string; readonly reason: string }[];
}
export interface MeasureOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly attempts?: number;
}

const roundsPerGeneration = 5;
/** Short slices, interleaved, of which the median counts: what disturbs the machine for a moment spoils one of them. */
const slicesPerRound = 5;
const warmUpSlices = 2;
const controlEntry = 'ours, once more';

/** One case: agreement, warm-up, shuffled rounds, ratios. */
export async function measure(file: string, bench: BenchCase, options: MeasureOptions): Promise<CaseResult> {
  const most = options.attempts ?? 3;
  for (let attempt = 1; ; attempt += 1) {
    const result = await measureOnce(file, bench, { ...options, seed: options.seed + attempt }, attempt);
    if (!result.isVoid || attempt >= most) return result;
  }
}

async function measureOnce(
  file: string,
  bench: BenchCase,
  { rounds, seed }: MeasureOptions,
  attempt: number,
): Promise<CaseResult> {
  const random = seeded(seed);
  const times = new Map<string, number[]>();
  const generationOf: number[] = [];
  let absent: CaseResult['absent'] = [];
  let generation = 0;
  for (let done = 0; done < rounds; generation += 1) {
    const field = await lineUp(file, bench);
    try {
      absent = field.absent;
      for (let round = 0; round < roundsPerGeneration && done < rounds; round += 1, done += 1) {
        generationOf.push(generation);
        for (const [entry, time] of await oneRound(field.hosts, bench.operations, random)) {
          times.set(entry, [...(times.get(entry) ?? []), time]);
        }
      }
    } finally {
      for (const host of new Set(field.hosts.values())) host.close();
    }
  }
  const ours = oursOf(bench).name;
  const oursTimes = times.get(ours) as number[];
  const pairsWith = (entry: string): Pair[] =>
    (times.get(entry) as number[]).map((theirs, index) => ({
      generation: generationOf[index] as number,
      ours: oursTimes[index] as number,
      theirs,
    }));
  const perOperation = (entry: string) => median(times.get(entry) as number[]) / bench.operations;
  const control = ratioOf(pairsWith(controlEntry), seed);
  const others = [...times.keys()].filter((entry) => entry !== ours && entry !== controlEntry);
  return {
    name: bench.name,
    question: bench.question,
    mode: bench.mode,
    operations: bench.operations,
    slices: slicesPerRound,
    rounds,
    generations: generation,
    ours: { contender: ours, nsPerOperation: perOperation(ours) },
    against: bench.contenders
      .filter(({ name }) => others.includes(name))
      .map(({ name }) => ({ contender: name, nsPerOperation: perOperation(name), ...ratioOf(pairsWith(name), seed) })),
    control,
    isVoid: !straddlesOne(control),
    attempts: attempt,
    absent,
  };
}

async function oneRound(
  hosts: ReadonlyMap<string, Host>,
  operations: number,
  random: () => number,
): Promise<Map<string, number>> {
  const taken = new Map([...hosts.keys()].map((entry) => [entry, [] as number[]]));
  for (let done = 0; done < slicesPerRound; done += 1) {
    for (const entry of shuffled([...hosts.keys()], random)) {
      taken.get(entry)?.push(await slice(hosts.get(entry) as Host, entry, operations));
    }
  }
  return new Map([...taken].map(([entry, slices]) => [entry, median(slices)]));
}

interface Field {
  readonly hosts: Map<string, Host>;
  readonly absent: CaseResult['absent'];
}

/** Starts the processes, proves that the contenders agree, and warms them up. */
async function lineUp(file: string, bench: BenchCase): Promise<Field> {
  const hosts = new Map<string, Host>();
  const started: Host[] = [];
  const absent: { contender: string; reason: string }[] = [];
  const samples = new Map<string, { contender: string; sample: string }>();
  const start = (execPath?: string) => {
    const host = startHost(execPath);
    started.push(host);
    return host;
  };
  const together = bench.mode === 'together' ? start() : undefined;
  const entries: [string, Contender][] = bench.contenders.map((contender) => [contender.name, contender]);
  try {
    for (const [entry, contender] of [...entries, [controlEntry, oursOf(bench)] as [string, Contender]]) {
      const execPath = nodeOf(contender.node);
      if (execPath === undefined) {
        absent.push({ contender: entry, reason: `needs Node ${contender.node}, which cannot be had here` });
        continue;
      }
      const host = together ?? start(execPath);
      const reply = await host.ask({ do: 'prepare', file, caseName: bench.name, entry, contender: contender.name });
      if (reply.done === 'absent' && contender !== oursOf(bench)) {
        absent.push({ contender: entry, reason: reply.reason });
        if (together === undefined) host.close();
        continue;
      }
      if (reply.done !== 'prepared')
        throw new Error(`${bench.name}: ${entry}: ${'reason' in reply ? reply.reason : reply.done}`);
      agree(bench.name, contender.family ?? '', entry, reply.sample, samples);
      hosts.set(entry, host);
    }
    for (const [entry, host] of hosts) {
      for (let warm = 0; warm < warmUpSlices; warm += 1) await slice(host, entry, bench.operations);
    }
    return { hosts, absent };
  } catch (error) {
    for (const host of started) host.close();
    throw error;
  }
}

function agree(
  name: string,
  family: string,
  contender: string,
  sample: string,
  samples: Map<string, { contender: string; sample: string }>,
): void {
  const first = samples.get(family);
  if (first === undefined) samples.set(family, { contender, sample });
  else if (first.sample !== sample) {
    throw new Error(
      `${name}: ${contender} and ${first.contender} do not agree on what they compute; nothing was timed`,
    );
  }
}

async function slice(host: Host, entry: string, operations: number): Promise<number> {
  const reply = await host.ask({ do: 'slice', entry, operations });
  if (reply.done !== 'slice') throw new Error(`${entry}: ${'reason' in reply ? reply.reason : reply.done}`);
  if (!Number.isFinite(reply.consumed)) throw new Error(`${entry}: the work returned no number that depends on it`);
  return reply.ns;
}
