import type { DataType } from './finding.js';

/** How often each type was replaced since the redactor was made. */
export interface Counters {
  count(type: DataType): void;
  read(): Readonly<Record<string, number>>;
}

export function createCounters(): Counters {
  const counts = new Map<string, number>();
  return {
    count: (type) => void counts.set(type, (counts.get(type) ?? 0) + 1),
    read: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
