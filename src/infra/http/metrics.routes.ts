import { Type } from 'typebox';
import type { Jobs } from '#infra/jobs/job.ts';
import type { Observation, Telemetry } from '#infra/telemetry/telemetry.ts';
import type { App } from './server.ts';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * `GET /metrics` of an admin listener, for Prometheus: all metrics of this process, and how its background jobs do.
 *
 * @param options.clients common names of client certificates that may read it beside operators
 */
export const registerMetrics = (
  admin: App,
  options: {
    readonly telemetry: Pick<Telemetry, 'gauge' | 'exposition'>;
    readonly jobs: Pick<Jobs, 'states'>;
    readonly clients: readonly string[];
  },
): void => {
  const { telemetry, jobs, clients } = options;
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
    async (_, reply) => reply.type(TEXT).send(await telemetry.exposition()),
  );
};
