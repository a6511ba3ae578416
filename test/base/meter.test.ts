import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, it } from 'vitest';
import { createMeter } from '../../src/base/meter.js';
import { nameOf } from '../../src/base/names.js';

const what = { name: 'safekeep.test', unit: '{request}', description: 'For a test.' };

function install() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.disable();
  metrics.setGlobalMeterProvider(provider);
  return async () => {
    await provider.forceFlush();
    const scope = exporter.getMetrics().at(-1)?.scopeMetrics[0];
    await provider.shutdown();
    return scope?.metrics.map(({ descriptor, dataPoints }) => ({
      name: descriptor.name,
      unit: descriptor.unit,
      points: dataPoints.map(({ attributes, value }) => ({ attributes, value })),
    }));
  };
}

describe('createMeter', () => {
  afterEach(() => metrics.disable());

  it('does nothing, and fails nothing, without an SDK', () => {
    const meter = createMeter();
    meter.counter(what).add(1);
    meter.histogram(what, [1]).record(0.5);
    meter.level(what).add(1);
  });

  it('counts, with attributes', async () => {
    const collected = install();
    const counter = createMeter().counter(what);
    counter.add(1, { reason: nameOf('full') });
    counter.add(2, { reason: nameOf('full') });
    counter.add(1);
    expect(await collected()).toEqual([
      {
        name: 'safekeep.test',
        unit: '{request}',
        points: [
          { attributes: { reason: 'full' }, value: 3 },
          { attributes: {}, value: 1 },
        ],
      },
    ]);
  });

  it('sorts durations into the buckets it was given', async () => {
    const collected = install();
    const histogram = createMeter().histogram(what, [0.1, 1]);
    for (const value of [0.05, 0.5, 0.7, 5]) histogram.record(value);
    expect(await collected()).toMatchObject([
      { points: [{ value: { buckets: { boundaries: [0.1, 1], counts: [1, 2, 1] } } }] },
    ]);
  });

  it('speaks to a provider that is registered after the instrument was made and used', async () => {
    const meter = createMeter();
    const [counter, level] = [meter.counter(what), meter.level({ ...what, name: 'safekeep.level' })];
    counter.add(1);
    level.add(1);
    level.add(1);
    const collected = install();
    counter.add(1);
    level.add(-1);
    expect(await collected()).toMatchObject([
      { name: 'safekeep.test', points: [{ value: 1 }] },
      { name: 'safekeep.level', points: [{ value: 1 }] },
    ]);
  });

  it('adds up the levels of one name', async () => {
    const collected = install();
    const [a, b] = [createMeter().level(what), createMeter().level(what)];
    a.add(2);
    b.add(3);
    a.add(-1);
    expect(await collected()).toMatchObject([{ points: [{ value: 4 }] }]);
  });

  it('lets no provider that throws break a request', () => {
    metrics.disable();
    const broken = {
      getMeter() {
        throw new Error('exporter is gone');
      },
    };
    metrics.setGlobalMeterProvider(broken);
    const meter = createMeter();
    meter.counter(what).add(1);
    meter.level(what).add(1);
    meter.histogram(what, [1]).record(1);
  });
});
