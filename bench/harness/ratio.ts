import { seeded } from './chance.js';

/** How many times as fast ours is as the other: the other's time over ours. Above 1, ours is faster. */
export interface Ratio {
  readonly ratio: number;
  /** The 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/** The times of both in one round, and which set of processes they ran in. */
export interface Pair {
  readonly generation: number;
  readonly ours: number;
  readonly theirs: number;
}

const resamples = 2000;

/**
 * The median ratio of the rounds with a bootstrap interval. Whole generations are drawn before rounds within them:
 * rounds in one process share its luck (memory layout, inlining), and counting them as independent would promise a
 * narrower interval than a second run keeps.
 */
export function ratioOf(pairs: readonly Pair[], seed = 1): Ratio {
  const generations = new Map<number, number[]>();
  for (const { generation, ours, theirs } of pairs) {
    const logs = generations.get(generation) ?? [];
    logs.push(Math.log(theirs / ours));
    generations.set(generation, logs);
  }
  const groups = [...generations.values()];
  if (groups.length === 0) throw new Error('a ratio needs rounds');
  const random = seeded(seed);
  const draw = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const medians: number[] = [];
  for (let resample = 0; resample < resamples; resample += 1) {
    const drawn: number[] = [];
    for (let index = 0; index < groups.length; index += 1) {
      const group = draw(groups);
      for (let round = 0; round < group.length; round += 1) drawn.push(draw(group));
    }
    medians.push(median(drawn));
  }
  medians.sort((a, b) => a - b);
  const at = (share: number) => Math.exp(medians[Math.round(share * (resamples - 1))] as number);
  return { ratio: Math.exp(median(groups.flat())), low: at(0.025), high: at(0.975) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A control of ours against ours must not tell the two apart; otherwise the machine, not the code, was measured. */
export function straddlesOne({ low, high }: Ratio): boolean {
  return low <= 1 && high >= 1;
}
