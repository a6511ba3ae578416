import { rotations, tableRows } from '../contenders/rotation.js';
import type { BenchCase } from '../harness/case.js';

export const cases: readonly BenchCase[] = [1, 2].map((values) => ({
  name: values === 1 ? 'rotation' : `rotation-${values}`,
  question: `What does rotating a row of ${values === 1 ? 'one value' : `${values} values`} cost beside the same UPDATE without cryptography?`,
  mode: 'together' as const,
  operations: tableRows,
  contenders: rotations(values),
}));
