import { DataPointType, type Histogram, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { InternalError } from '#infra/apperr/app-error.ts';

/** The words of Prometheus for units (UCUM); a unit that is not here leaves the name as it is. */
const UNITS: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes', '1': 'ratio' };

type Labels = readonly (readonly [name: string, value: string])[];

const nameOf = (text: string): string => text.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_');
const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const labelsOf = (attributes: Readonly<Record<string, unknown>>): Labels =>
  Object.entries(attributes)
    .flatMap(([name, value]) => (value === undefined ? [] : [[nameOf(name), String(value)] as const]))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));

const sample = (name: string, labels: Labels, value: number): string => {
  const pairs = labels.map(([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`);
  const number = Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${number}`;
};

/** The buckets of OpenTelemetry count for themselves, those of Prometheus with all that are below. */
const bucketsOf = (name: string, labels: Labels, { buckets, count, sum }: Histogram): readonly string[] => {
  let below = 0;
  const lines = buckets.boundaries.map((bound, index) => {
    below += buckets.counts[index] ?? 0;
    return sample(`${name}_bucket`, [...labels, ['le', String(bound)]], below);
  });
  return [
    ...lines,
    sample(`${name}_bucket`, [...labels, ['le', '+Inf']], count),
    sample(`${name}_sum`, labels, sum ?? 0),
    sample(`${name}_count`, labels, count),
  ];
};

const linesOf = (metric: MetricData): readonly string[] => {
  const { name: own, unit, description } = metric.descriptor;
  const word = UNITS[unit];
  const base = nameOf(own) + (word === undefined || own.endsWith(word) ? '' : `_${word}`);
  const about = (name: string, type: string): readonly string[] => [`# HELP ${name} ${escaped(description)}`, `# TYPE ${name} ${type}`];
  if (metric.dataPoints.length === 0) return [];
  switch (metric.dataPointType) {
    case DataPointType.SUM: {
      const name = metric.isMonotonic ? `${base}_total` : base;
      const points = metric.dataPoints.map(({ attributes, value }) => sample(name, labelsOf(attributes), value));
      return [...about(name, metric.isMonotonic ? 'counter' : 'gauge'), ...points];
    }
    case DataPointType.GAUGE:
      return [...about(base, 'gauge'), ...metric.dataPoints.map(({ attributes, value }) => sample(base, labelsOf(attributes), value))];
    case DataPointType.HISTOGRAM: {
      const points = metric.dataPoints.flatMap(({ attributes, value }) => bucketsOf(base, labelsOf(attributes), value));
      return [...about(base, 'histogram'), ...points];
    }
    default:
      // No view of ours asks for exponential histograms.
      throw new InternalError(`the metric ${own} has a form that has no text`);
  }
};

/**
 * Metrics as the text that Prometheus scrapes, version 0.0.4. Names are those of OpenTelemetry with unit and `_total` at their end, and
 * the resource is the metric `target_info`.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export const exposition = ({ resource, scopeMetrics }: ResourceMetrics): string => {
  const target = [
    '# HELP target_info Who is measured',
    '# TYPE target_info gauge',
    sample('target_info', labelsOf(resource.attributes), 1),
  ];
  return `${[...target, ...scopeMetrics.flatMap(({ metrics }) => metrics.flatMap(linesOf))].join('\n')}\n`;
};
