import { metrics } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { createMeter } from '../../src/base/meter.js';
import { nameOf } from '../../src/base/names.js';
import { collectMetrics } from './collect-metrics.js';

const what = { name: 'safekeep.test', unit: '{request}', description: 'For a test.' };

describe('createMeter', () => {
  afterEach(() => metrics.disable());

  it('does nothing, and fails nothing, without an SDK', () => {
    const meter = createMeter();
    meter.counter(what).add(1);
    meter.histogram(what, [1]).record(0.5);
    meter.level(what).add(1);
  });

  it('counts, with attributes', async () => {
    const collected = collectMetrics();
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
    const collected = collectMetrics();
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
    const collected = collectMetrics();
    counter.add(1);
    level.add(-1);
    expect(await collected()).toMatchObject([
      { name: 'safekeep.test', points: [{ value: 1 }] },
      { name: 'safekeep.level', points: [{ value: 1 }] },
    ]);
  });

  it('adds up the levels of one name', async () => {
    const collected = collectMetrics();
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
