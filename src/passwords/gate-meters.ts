import { type Counter, createMeter, type Histogram, type Level } from '../base/meter.js';
import { type Name, nameOf } from '../base/names.js';

/** Why a request was turned away without a hash. */
export type Refusal = 'full' | 'deadline' | 'abandoned';

/** What the gate tells about itself. Durations in seconds; no measurement is about a person. */
export interface GateMeters {
  readonly running: Level;
  readonly queued: Level;
  readonly wait: Histogram;
  readonly hash: Histogram;
  refused(because: Refusal, trusted: boolean): void;
}

/** OpenTelemetry's advice for durations of requests. */
const seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10];
const reasons: Readonly<Record<Refusal, Name>> = {
  full: nameOf('full'),
  deadline: nameOf('deadline'),
  abandoned: nameOf('abandoned'),
};

/** The instruments of docs/passwords.md, by the naming of OpenTelemetry. */
export function createGateMeters(): GateMeters {
  const meter = createMeter();
  const refused: Counter = meter.counter({
    name: 'safekeep.password.gate.refused',
    unit: '{request}',
    description: 'Requests that were turned away before any hash was computed.',
  });
  return {
    running: meter.level({
      name: 'safekeep.password.gate.running',
      unit: '{hash}',
      description: 'Slots of the gate in use.',
    }),
    queued: meter.level({
      name: 'safekeep.password.gate.queued',
      unit: '{request}',
      description: 'Requests that wait for a slot.',
    }),
    wait: meter.histogram(
      {
        name: 'safekeep.password.gate.wait.duration',
        unit: 's',
        description: 'Time from the request to its slot, for those that got one.',
      },
      seconds,
    ),
    hash: meter.histogram(
      { name: 'safekeep.password.hash.duration', unit: 's', description: 'Time in the slot.' },
      seconds,
    ),
    refused: (because, trusted) =>
      refused.add(1, { 'safekeep.refusal.reason': reasons[because], 'safekeep.client.trusted': trusted }),
  };
}
