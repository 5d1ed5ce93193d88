import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { Jobs } from '#infra/jobs/job.ts';
import { type DependencyCheck, readinessOf, sharedProbe } from './health.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { Dropped } from '#infra/telemetry/telemetry.ts';
import { ALONE, type Workers } from '#infra/workers/workers.ts';
import type { ErrorDetail } from './problem.ts';
import type { App } from './server.ts';

const dependencyStateSchema = strictObject(
  {
    state: Type.Enum(['up', 'down'], { type: 'string' }),
    required: Type.Boolean(),
    latency_ms: Type.Number(),
    cause: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'DependencyState' },
);

const dependenciesSchema = Type.Record(Type.String(), dependencyStateSchema);

const jobStateSchema = strictObject(
  {
    running: Type.Boolean(),
    last_run: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: 'when the last run began' }),
    duration_ms: Type.Union([Type.Integer(), Type.Null()], { description: 'how long the last run took' }),
    last_error: Type.Union([Type.String(), Type.Null()], { description: 'why the last run failed; null when it succeeded' }),
  },
  { title: 'JobState', description: 'a background job; one that fails does not make the service unready' },
);

const droppedSchema = strictObject(
  {
    log_lines: Type.Integer({ description: 'log lines that could not be written' }),
    log_cause: Type.Union([Type.String(), Type.Null()], { description: 'why the last one could not; null while lines are written' }),
    telemetry_records: Type.Integer({ description: 'spans, log records and metric exports that did not reach the collector' }),
  },
  { title: 'Dropped', description: 'what got lost since the start of the process; it does not make the service unready' },
);

const workerSchema = strictObject(
  {
    number: Type.Integer({ description: 'from 1 on; the first one has the listeners of operators' }),
    state: Type.Enum(['starting', 'up', 'ended'], { type: 'string' }),
    pid: Type.Union([Type.Integer(), Type.Null()]),
    replaced: Type.Integer({ description: 'how often its process was replaced' }),
  },
  { title: 'WorkerState', description: 'a process of this server; one that is replaced does not make the service unready' },
);

const partsSchema = {
  dependencies: dependenciesSchema,
  jobs: Type.Record(Type.String(), jobStateSchema),
  dropped: droppedSchema,
  workers: Type.Optional(Type.Array(workerSchema, { description: 'absent where the server is a single process' })),
};

/** Of the OpenAPI document: these routes want no credential. */
const nobody = { security: [] };

/** Names of the schemas in an OpenAPI document. */
const READY = { title: 'Ready' };
const NOT_READY = { title: 'NotReady' };

const readySchema = strictObject({ status: Type.Literal('ready'), ...partsSchema }, READY);

const notReadySchema = strictObject(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.Literal('not-ready'),
    reason: Type.String(),
    ...partsSchema,
  },
  NOT_READY,
);

/** What a public listener says that tells no stranger what the service is made of. */
const minimal = {
  ready: strictObject({ status: Type.Literal('ready') }, READY),
  notReady: strictObject(
    {
      type: Type.String(),
      title: Type.String(),
      status: Type.Integer(),
      detail: Type.String(),
      code: Type.Literal('not-ready'),
    },
    NOT_READY,
  ),
};

/** To make a serializer of the schema takes 15 ms, for which whoever waits for the service would wait, too. */
const serializerCompiler = () => JSON.stringify;

/**
 * `GET /livez` (the process is alive) and `GET /readyz` (it can serve: 200, or 503 with Problem Details, and either way
 * each dependency with state, latency and cause, optional ones as they were at the last look, each background job with its last run
 * and last error, and what of log and telemetry got lost). Both are exempt from rate limits and from authentication.
 *
 * @param options.detail with `minimal` it says no more than whether it can serve
 * @param options.jobs none where absent
 * @param options.notReady a reason of the service's own not to be ready, for example `sealed`
 * @param options.stopping aborted when the service begins to stop: it is not ready then, with the reason `stopping`
 * @param options.workers of which this process is one; it is alone where absent
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const registerHealth = (
  app: App,
  options: {
    readonly dependencies: readonly DependencyCheck[];
    readonly jobs?: Pick<Jobs, 'states'>;
    readonly telemetry?: { dropped(): Dropped };
    readonly notReady?: () => string | null;
    readonly stopping?: AbortSignal;
    readonly detail?: ErrorDetail;
    readonly workers?: Pick<Workers, 'states'>;
    readonly elapsed?: () => number;
  },
): void => {
  const { jobs = { states: () => ({}) }, telemetry = noTelemetry(), stopping, elapsed = () => performance.now() } = options;
  const { workers = ALONE } = options;
  const full = (options.detail ?? 'detailed') === 'detailed';
  const workersNow = () => (workers.states().length === 0 ? {} : { workers: [...workers.states()] });
  const schemas = full ? { ready: readySchema, notReady: notReadySchema } : minimal;
  const notReady = (): string | null => (stopping?.aborted === true ? 'stopping' : (options.notReady?.() ?? null));
  const probes = options.dependencies.map((dependency) => {
    const { name, last } = dependency;
    return [name, last === undefined ? sharedProbe(dependency, elapsed) : async () => last()] as const;
  });
  const config = { rateLimit: false as const, public: true };
  app.get(
    '/livez',
    {
      config,
      serializerCompiler,
      schema: {
        ...nobody,
        operationId: 'getLiveness',
        summary: 'The process is alive',
        tags: ['health'],
        response: { 200: strictObject({ status: Type.Literal('alive') }, { title: 'Alive' }) },
      },
    },
    async () => ({ status: 'alive' as const }),
  );
  app.get(
    '/readyz',
    {
      config,
      serializerCompiler,
      schema: {
        ...nobody,
        operationId: 'getReadiness',
        summary: 'The service and everything that it depends on',
        tags: ['health'],
        response: {
          200: schemas.ready,
          503: { description: 'Problem Details (RFC 9457).', content: { 'application/problem+json': { schema: schemas.notReady } } },
        },
      },
    },
    async (_, reply) => {
      const { reason, dependencies } = readinessOf(
        await Promise.all(probes.map(async ([name, look]) => [name, await look()] as const)),
        notReady,
      );
      const parts = full ? { dependencies, jobs: jobs.states(), dropped: telemetry.dropped(), ...workersNow() } : {};
      if (reason === null) return { status: 'ready' as const, ...parts };
      reply.code(503).type('application/problem+json');
      return {
        type: 'urn:passthru:problem:not-ready',
        title: 'Service Unavailable',
        status: 503 as const,
        detail: full ? reason : 'The service is not ready.',
        code: 'not-ready' as const,
        ...(full ? { reason } : {}),
        ...parts,
      };
    },
  );
};
