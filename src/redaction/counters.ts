import { createMeter } from '../base/meter.js';
import { type Name, nameOf } from '../base/names.js';
import type { DataType } from './finding.js';

/** How often each type was replaced since the redactor was made. */
export interface Counters {
  count(type: DataType): void;
  read(): Readonly<Record<string, number>>;
}

/** Counted here, and for whoever runs the server by OpenTelemetry: `safekeep.redaction.replaced` by type, never more. */
export function createCounters(): Counters {
  const counts = new Map<string, number>();
  const names = new Map<string, Name>();
  const replaced = createMeter().counter({
    name: 'safekeep.redaction.replaced',
    unit: '{replacement}',
    description: 'Values that were kept out of what is printed.',
  });
  function nameFor(type: DataType): Name {
    const known = names.get(type);
    if (known !== undefined) return known;
    const name = nameOf(type);
    names.set(type, name);
    return name;
  }
  return {
    count(type) {
      counts.set(type, (counts.get(type) ?? 0) + 1);
      replaced.add(1, { type: nameFor(type) });
    },
    read: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
