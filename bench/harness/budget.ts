import type { CaseResult } from './measure.js';

/** One promise about speed: ours in that case, against that contender, at least so many times as fast. */
export interface Budget {
  readonly case: string;
  readonly against: string;
  readonly atLeast: number;
}

export interface Verdict extends Budget {
  readonly kept: boolean;
  readonly because: string;
}

/** What was not measured, or measured on a machine that could not tell ours from ours, is not kept. */
export function checkBudgets(budgets: readonly Budget[], results: readonly CaseResult[]): Verdict[] {
  return budgets.map((budget) => {
    const result = results.find(({ name }) => name === budget.case);
    const measured = result?.against.find(({ contender }) => contender === budget.against);
    const verdict = (kept: boolean, because: string): Verdict => ({ ...budget, kept, because });
    if (result === undefined || measured === undefined) return verdict(false, 'was not measured');
    if (result.isVoid) return verdict(false, 'is void: the control does not straddle 1.00');
    const said = `is ${measured.ratio.toFixed(2)} (${measured.low.toFixed(2)} to ${measured.high.toFixed(2)})`;
    return verdict(measured.ratio >= budget.atLeast, said);
  });
}

export function readBudgets(text: string): Budget[] {
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed)) throw new Error('a budget is a list of { case, against, atLeast }');
  return parsed.map((entry: unknown) => {
    const { case: name, against, atLeast, ...rest } = entry as Record<string, unknown>;
    const isWhole =
      typeof name === 'string' && typeof against === 'string' && typeof atLeast === 'number' && atLeast > 0;
    if (!isWhole || Object.keys(rest).length > 0) throw new Error('a budget is a list of { case, against, atLeast }');
    return { case: name, against, atLeast };
  });
}
