import type { HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type HistogramMetricData,
  type MetricData,
  type MetricDescriptor,
  type MetricProducer,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { allowedAttributes } from '../attributes.ts';
import type { Attributes, Measure } from '../telemetry.ts';

/** Sets of attributes that a metric tells apart; all beyond are one. @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits */
const MAX_SERIES = 2_000;
const OVERFLOW = { 'otel.metric.overflow': true };

/** Bounds of histograms whose unit is no second: those of the specification. */
const USUAL_BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];
/**
 * Those of histograms in seconds.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
 */
const SECONDS_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

interface Details {
  readonly description: string;
  readonly unit?: string;
}

/** What one metric has counted, by its attributes. */
interface Series<V> {
  readonly attributes: Record<string, string | number | boolean>;
  readonly value: V;
}

interface Distribution {
  readonly counts: number[];
  count: number;
  sum: number;
  min: number;
  max: number;
}

/**
 * The counters and histograms of a process, which readers collect together with the metrics of the SDK. Each request is measured, and to
 * find the sum for a set of attributes the SDK sorts them and makes a text of them, once for every reader; here that costs a look into a map.
 */
export interface Measures {
  counter(name: string, details: Details): Measure;
  histogram(name: string, details: Details): Measure;
  readonly producer: MetricProducer;
}

const keyOf = (attributes: Attributes): string => {
  let key = '';
  for (const name in attributes) key += `${name}\0${String(attributes[name])}\0`;
  return key;
};

/** Finds what to add to. @param start makes the value of a new series */
const seriesBy = <V>(start: () => V) => {
  const series = new Map<string, Series<V>>();
  /** By attributes as they were given: in another order, or with one that may not leave the process, they are of the same series. */
  const given = new Map<string, Series<V>>();
  const overflow: Series<V> = { attributes: OVERFLOW, value: start() };
  let isFull = false;

  const find = (attributes: Attributes): Series<V> => {
    const allowed = Object.fromEntries(Object.entries(allowedAttributes(attributes)).toSorted(([one], [other]) => (one < other ? -1 : 1)));
    const key = keyOf(allowed);
    const known = series.get(key);
    if (known !== undefined) return known;
    if (series.size >= MAX_SERIES) {
      isFull = true;
      return overflow;
    }
    const found = { attributes: allowed, value: start() };
    series.set(key, found);
    return found;
  };

  return {
    of: (attributes: Attributes = {}): V => {
      const key = keyOf(attributes);
      const known = given.get(key);
      if (known !== undefined) return known.value;
      const found = find(attributes);
      if (given.size < MAX_SERIES) given.set(key, found);
      return found.value;
    },
    all: (): readonly Series<V>[] => [...series.values(), ...(isFull ? [overflow] : [])],
  };
};

const described = (name: string, { description, unit = '' }: Details) => ({
  descriptor: { name, description, unit, valueType: ValueType.DOUBLE } satisfies MetricDescriptor,
  aggregationTemporality: AggregationTemporality.CUMULATIVE,
});

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];

/**
 * @param options.scope the name and the version under which they are told
 * @param options.now epoch milliseconds
 */
export const createMeasures = (options: {
  readonly scope: { readonly name: string; readonly version: string };
  readonly now: () => number;
}): Measures => {
  const { scope, now } = options;
  const startTime = hrTime(now());
  const metrics: ((endTime: HrTime) => MetricData)[] = [];
  const resource = resourceFromAttributes({});

  return {
    counter: (name, details) => {
      const series = seriesBy(() => ({ sum: 0 }));
      const metric = described(name, details);
      metrics.push((endTime): SumMetricData => ({
        ...metric,
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        dataPoints: series.all().map(({ attributes, value: { sum } }) => ({ attributes, startTime, endTime, value: sum })),
      }));
      return (value, attributes) => void (series.of(attributes).sum += value);
    },

    histogram: (name, details) => {
      const boundaries = details.unit === 's' ? SECONDS_BOUNDS : USUAL_BOUNDS;
      const series = seriesBy<Distribution>(() => ({
        counts: Array.from({ length: boundaries.length + 1 }, () => 0),
        count: 0,
        sum: 0,
        min: Number.POSITIVE_INFINITY,
        max: Number.NEGATIVE_INFINITY,
      }));
      const metric = described(name, details);
      metrics.push((endTime): HistogramMetricData => ({
        ...metric,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: series.all().map(({ attributes, value: { counts, ...rest } }) => ({
          attributes,
          startTime,
          endTime,
          value: { buckets: { boundaries: [...boundaries], counts: [...counts] }, ...rest },
        })),
      }));
      return (value, attributes) => {
        const found = series.of(attributes);
        // A value on a bound counts below it.
        const above = boundaries.findIndex((bound) => value <= bound);
        const at = above < 0 ? boundaries.length : above;
        found.counts[at] = (found.counts[at] ?? 0) + 1;
        found.count += 1;
        found.sum += value;
        found.min = Math.min(found.min, value);
        found.max = Math.max(found.max, value);
      };
    },

    producer: {
      collect: async () => {
        const endTime = hrTime(now());
        return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: metrics.map((metric) => metric(endTime)) }] }, errors: [] };
      },
    },
  };
};
