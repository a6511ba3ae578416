/** What a case file exports as `cases`: one question, asked of some contenders, perhaps at several sizes. */
export interface BenchCase {
  /** Kebab case, unique over all files: `fingerprint-1kib`. */
  readonly name: string;
  /** In words, as a person would ask it. */
  readonly question: string;
  /**
   * `process`: a process per contender, so that none warms or spoils the other's heap. `together`: all in one process,
   * slice by slice, where the question is what one and the same server would pay.
   */
  readonly mode: 'process' | 'together';
  /** Operations in one slice, some milliseconds of work: the same for every contender, so that equal work is compared. */
  readonly operations: number;
  /** The first one is ours; every ratio is against it. */
  readonly contenders: readonly Contender[];
}

export interface Contender {
  readonly name: string;
  /** Contenders of one family must give equal samples. Default: one family for the whole case. */
  readonly family?: string;
  /** A major version of Node this contender needs; it runs there when the current one is older. */
  readonly node?: number;
  prepare(): Promise<Prepared>;
}

export interface Prepared {
  /** What it computes from inputs that are the same for all: compared before anything is timed. */
  sample(): Promise<string> | string;
  /** Does the work that many times and returns something that depends on all results, so that none is optimised away. */
  run(operations: number): Promise<number> | number;
}

/** Thrown by `prepare` when a contender cannot take part; it is listed with the reason, never silently left out. */
export class Absent extends Error {
  override readonly name = 'Absent';
}

export function oursOf({ name, contenders }: BenchCase): Contender {
  const [ours] = contenders;
  if (ours === undefined) throw new Error(`${name} has no contenders`);
  return ours;
}

/** The cases of a compiled case file. */
export async function loadCases(file: string): Promise<readonly BenchCase[]> {
  const { cases } = (await import(file)) as { cases?: readonly BenchCase[] };
  if (!Array.isArray(cases)) throw new Error(`${file} exports no cases`);
  return cases as readonly BenchCase[];
}
