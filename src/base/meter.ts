import { type Meter as ApiMeter, type Attributes, type MeterProvider, metrics } from '@opentelemetry/api';
import type { Name } from './names.js';

/** What tells measurements of one instrument apart. Minted names and yes or no only: few, and nobody's text. */
export type MeterAttributes = Readonly<Record<string, Name | boolean | undefined>>;

export interface Instrument {
  /** By the conventions of OpenTelemetry: `safekeep.password.hash.duration`. */
  readonly name: string;
  /** UCUM: `s`, `By`, `{request}`. */
  readonly unit: string;
  readonly description: string;
}
export interface Counter {
  add(count: number, attributes?: MeterAttributes): void;
}
export interface Histogram {
  record(value: number, attributes?: MeterAttributes): void;
}
/** A number that goes up and down: what runs, what waits. */
export interface Level {
  add(change: number): void;
}

export interface Meter {
  counter(instrument: Instrument): Counter;
  /** @param boundaries upper bounds of the buckets, rising, in the instrument's unit */
  histogram(instrument: Instrument, boundaries: readonly number[]): Histogram;
  /** The levels of one name add up over all that use it, in one process. */
  level(instrument: Instrument): Level;
}

/**
 * Metrics by the API of OpenTelemetry: without an SDK in the process nothing is kept and nearly nothing is spent; with
 * one, whoever runs the server decides where they go. The provider may be registered after the instrument is made (a
 * bare `getMeter` would be deaf from then on), and a provider that throws breaks no request.
 * @example
 * const refused = createMeter().counter({ name: 'safekeep.shop.refused', unit: '{request}', description: 'Refused.' });
 * refused.add(1, { reason: nameOf('full') });
 */
export function createMeter(): Meter {
  return Object.freeze({
    counter({ name, ...options }: Instrument) {
      const instrument = current((meter) => meter.createCounter(name, options));
      return { add: (count, attributes) => quietly(() => instrument().add(count, plain(attributes))) };
    },
    histogram({ name, ...options }: Instrument, boundaries: readonly number[]) {
      const advice = { explicitBucketBoundaries: [...boundaries] };
      const instrument = current((meter) => meter.createHistogram(name, { ...options, advice }));
      return { record: (value, attributes) => quietly(() => instrument().record(value, plain(attributes))) };
    },
    level({ name, ...options }: Instrument) {
      let total = 0;
      const instrument = current((meter) => {
        const made = meter.createUpDownCounter(name, options);
        // To a provider that comes late the level did not begin at zero.
        if (total !== 0) made.add(total);
        return made;
      });
      return {
        add(change) {
          quietly(() => instrument().add(change));
          total += change;
        },
      };
    },
  } satisfies Meter);
}

function current<T>(make: (meter: ApiMeter) => T): () => T {
  let made: { readonly by: MeterProvider; readonly instrument: T } | undefined;
  return () => {
    const by = metrics.getMeterProvider();
    if (made?.by !== by) made = { by, instrument: make(by.getMeter('safekeep')) };
    return made.instrument;
  };
}

function plain(attributes: MeterAttributes | undefined): Attributes | undefined {
  return attributes === undefined ? undefined : { ...attributes };
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // Metrics that are down must not keep a client from its answer.
  }
}
