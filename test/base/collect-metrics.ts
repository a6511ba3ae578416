import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';

export interface Collected {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly { readonly attributes: object; readonly value: unknown }[];
}

/** Registers an SDK for this process; the answer ends it and has what was measured meanwhile. */
export function collectMetrics(): () => Promise<readonly Collected[]> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.disable();
  metrics.setGlobalMeterProvider(provider);
  return async () => {
    await provider.forceFlush();
    const scope = exporter.getMetrics().at(-1)?.scopeMetrics[0];
    metrics.disable();
    await provider.shutdown();
    return (scope?.metrics ?? []).map(({ descriptor, dataPoints }) => ({
      name: descriptor.name,
      unit: descriptor.unit,
      points: dataPoints.map(({ attributes, value }) => ({ attributes, value })),
    }));
  };
}
