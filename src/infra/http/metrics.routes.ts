import { Type } from 'typebox';
import type { Jobs } from '#infra/jobs/job.ts';
import type { Observation, Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Workers } from '#infra/workers/workers.ts';
import { type Exposition, mergeExpositions } from './merge-expositions.ts';
import type { App } from './server.ts';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/** Looked at by the first worker, for all. */
const gaugeWorkers = (telemetry: Pick<Telemetry, 'gauge'>, workers: Pick<Workers, 'states'>): void => {
  const of = (value: (state: ReturnType<Workers['states']>[number]) => number) => (): readonly Observation[] => [
    { value: workers.states().reduce((sum, state) => sum + value(state), 0) },
  ];
  telemetry.gauge(
    'passthru.workers.up',
    { description: 'Workers that serve' },
    of(({ state }) => (state === 'up' ? 1 : 0)),
  );
  telemetry.gauge(
    'passthru.workers.replaced',
    { description: 'Workers that ended and were replaced since the start' },
    of(({ replaced }) => replaced),
  );
};

/**
 * `GET /metrics` of an admin listener, for Prometheus: all metrics of this process, and how its background jobs do. Of a server with
 * workers, those of each have its number as the label `worker`.
 *
 * @param options.clients common names of client certificates that may read it beside operators
 */
export const registerMetrics = (
  admin: App,
  options: {
    readonly telemetry: Pick<Telemetry, 'gauge' | 'exposition'>;
    readonly jobs: Pick<Jobs, 'states'>;
    readonly clients: readonly string[];
    readonly workers: Pick<Workers, 'number' | 'count' | 'ask' | 'hear' | 'states'>;
  },
): void => {
  const { telemetry, jobs, clients, workers } = options;
  const ofJobs = (value: (state: ReturnType<Jobs['states']>[string]) => number | null) => (): readonly Observation[] =>
    Object.entries(jobs.states()).flatMap(([name, state]) => {
      const found = value(state);
      return found === null ? [] : [{ value: found, attributes: { 'job.name': name } }];
    });
  telemetry.gauge(
    'passthru.job.failed',
    { description: '1 where the last run of a background job failed, or does not end' },
    ofJobs(({ last_error: error }) => (error === null ? 0 : 1)),
  );
  telemetry.gauge(
    'passthru.job.duration',
    { description: 'Time that the last run of a background job took', unit: 's' },
    ofJobs(({ duration_ms: duration }) => (duration === null ? null : duration / 1000)),
  );
  if (workers.count > 1 && workers.number === 1) gaugeWorkers(telemetry, workers);
  const exposition = async (): Promise<Exposition> => ({ worker: workers.number, text: await telemetry.exposition() });
  workers.hear('metrics', exposition);
  admin.get(
    '/metrics',
    {
      config: { clients },
      schema: {
        summary: 'Metrics of this process, as Prometheus reads them',
        tags: ['health'],
        response: { 200: { description: 'Text of version 0.0.4.', content: { 'text/plain': { schema: Type.String() } } } },
      },
    },
    async (_, reply) => {
      const others = (await workers.ask('metrics', null)) as readonly Exposition[];
      const own = await exposition();
      return reply.type(TEXT).send(workers.count === 1 ? own.text : mergeExpositions([own, ...others]));
    },
  );
};
