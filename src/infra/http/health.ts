import { Type } from 'typebox';
import { publicCause } from '#infra/apperr/public-cause.ts';
import { createSingleFlight } from '#infra/cache/single-flight.ts';
import { strictObject } from '#infra/config/load-config.ts';
import type { Jobs } from '#infra/jobs/job.ts';
import type { App } from './server.ts';

/** Something that a service cannot do without (required), or would rather have. */
export interface DependencyCheck {
  readonly name: string;
  readonly required: boolean;
  /** Resolves when the dependency is up; throws with the cause when it is not. */
  check(signal: AbortSignal): Promise<void>;
}

export interface DependencyState {
  readonly state: 'up' | 'down';
  readonly required: boolean;
  readonly latency_ms: number;
  readonly cause: string | null;
}

/** One check of a dependency may take this long, in milliseconds; then it counts as down. */
const CHECK_TIMEOUT_MS = 2_000;

/**
 * Nobody shows who they are at `/readyz` and no rate limit counts it, so that a look is made once for all who ask while it is under
 * way and this long after, in milliseconds. It is shorter than the shortest pause between two looks of the CLI, which calls a service
 * healthy after two passes: they stay two looks.
 */
const REUSE_MS = 30;

const dependencyStateSchema = strictObject({
  state: Type.Union([Type.Literal('up'), Type.Literal('down')]),
  required: Type.Boolean(),
  latency_ms: Type.Number(),
  cause: Type.Union([Type.String(), Type.Null()]),
});

const dependenciesSchema = Type.Record(Type.String(), dependencyStateSchema);

const jobStateSchema = strictObject(
  {
    running: Type.Boolean(),
    last_run: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: 'when the last run began' }),
    duration_ms: Type.Union([Type.Integer(), Type.Null()], { description: 'how long the last run took' }),
    last_error: Type.Union([Type.String(), Type.Null()], { description: 'why the last run failed; null when it succeeded' }),
  },
  { description: 'a background job; one that fails does not make the service unready' },
);

const partsSchema = { dependencies: dependenciesSchema, jobs: Type.Record(Type.String(), jobStateSchema) };

const readySchema = strictObject({ status: Type.Literal('ready'), ...partsSchema });

const notReadySchema = strictObject({
  type: Type.String(),
  title: Type.String(),
  status: Type.Literal(503),
  detail: Type.String(),
  code: Type.Literal('not-ready'),
  reason: Type.String(),
  ...partsSchema,
});

const probe = async (dependency: DependencyCheck): Promise<DependencyState> => {
  const started = performance.now();
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const timedOut = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`${dependency.name} did not answer within ${CHECK_TIMEOUT_MS} ms`)));
  });
  const cause = await Promise.race([dependency.check(signal), timedOut]).then(
    () => null,
    (thrown: unknown) => publicCause(thrown),
  );
  const latency = Math.round((performance.now() - started) * 10) / 10;
  return { state: cause === null ? 'up' : 'down', required: dependency.required, latency_ms: latency, cause };
};

/** A probe that is shared by all who ask at the same time, or nearly so. */
const sharedProbe = (dependency: DependencyCheck, now: () => number): (() => Promise<DependencyState>) => {
  const flight = createSingleFlight<DependencyState>();
  let last: { readonly state: DependencyState; readonly at: number } | null = null;
  const look = async (): Promise<DependencyState> => {
    const state = await probe(dependency);
    last = { state, at: now() };
    return state;
  };
  return async () => (last !== null && now() - last.at < REUSE_MS ? last.state : flight(dependency.name, look));
};

interface Readiness {
  readonly reason: string | null;
  readonly dependencies: Readonly<Record<string, DependencyState>>;
}

const readinessOf = (states: readonly (readonly [name: string, DependencyState])[], notReady: () => string | null): Readiness => {
  const down = states.find(([, state]) => state.required && state.state === 'down');
  const reason = notReady() ?? (down === undefined ? null : `${down[0]} is down: ${down[1].cause ?? 'no cause given'}`);
  return { reason, dependencies: Object.fromEntries(states) };
};

/** The answer of `/readyz`: every dependency looked at, all at once. */
export const readiness = async (dependencies: readonly DependencyCheck[], notReady: () => string | null): Promise<Readiness> =>
  readinessOf(await Promise.all(dependencies.map(async (dependency) => [dependency.name, await probe(dependency)] as const)), notReady);

/**
 * `GET /livez` (the process is alive) and `GET /readyz` (it can serve: 200, or 503 with Problem Details, and either way
 * each dependency with state, latency and cause, and each background job with its last run and last error). Both are exempt from
 * rate limits and from authentication.
 *
 * @param options.jobs none where absent
 * @param options.notReady a reason of the service's own not to be ready, for example `sealed`
 * @param options.now milliseconds of a clock that only goes forward
 */
export const registerHealth = (
  app: App,
  options: {
    readonly dependencies: readonly DependencyCheck[];
    readonly jobs?: Pick<Jobs, 'states'>;
    readonly notReady?: () => string | null;
    readonly now?: () => number;
  },
): void => {
  const { jobs = { states: () => ({}) }, notReady = () => null, now = () => performance.now() } = options;
  const probes = options.dependencies.map((dependency) => [dependency.name, sharedProbe(dependency, now)] as const);
  const config = { rateLimit: false as const, public: true };
  app.get(
    '/livez',
    {
      config,
      schema: { summary: 'The process is alive', tags: ['health'], response: { 200: strictObject({ status: Type.Literal('alive') }) } },
    },
    async () => ({ status: 'alive' as const }),
  );
  app.get(
    '/readyz',
    {
      config,
      schema: {
        summary: 'The service and everything that it depends on',
        tags: ['health'],
        response: { 200: readySchema, 503: notReadySchema },
      },
    },
    async (_, reply) => {
      const { reason, dependencies } = readinessOf(
        await Promise.all(probes.map(async ([name, look]) => [name, await look()] as const)),
        notReady,
      );
      const parts = { dependencies, jobs: jobs.states() };
      if (reason === null) return { status: 'ready' as const, ...parts };
      reply.code(503).type('application/problem+json');
      return {
        type: 'urn:passthru:problem:not-ready',
        title: 'Service Unavailable',
        status: 503 as const,
        detail: reason,
        code: 'not-ready' as const,
        reason,
        ...parts,
      };
    },
  );
};
