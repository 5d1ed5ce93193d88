import { Type } from 'typebox';
import { publicCause } from '#infra/apperr/public-cause.ts';
import { strictObject } from '#infra/config/load-config.ts';
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

const dependencyStateSchema = strictObject({
  state: Type.Union([Type.Literal('up'), Type.Literal('down')]),
  required: Type.Boolean(),
  latency_ms: Type.Number(),
  cause: Type.Union([Type.String(), Type.Null()]),
});

const dependenciesSchema = Type.Record(Type.String(), dependencyStateSchema);

const readySchema = strictObject({ status: Type.Literal('ready'), dependencies: dependenciesSchema });

const notReadySchema = strictObject({
  type: Type.String(),
  title: Type.String(),
  status: Type.Literal(503),
  detail: Type.String(),
  code: Type.Literal('not-ready'),
  reason: Type.String(),
  dependencies: dependenciesSchema,
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

/** The answer of `/readyz`: every dependency looked at, all at once. */
export const readiness = async (
  dependencies: readonly DependencyCheck[],
  notReady: () => string | null,
): Promise<{
  readonly reason: string | null;
  readonly dependencies: Readonly<Record<string, DependencyState>>;
}> => {
  const states = await Promise.all(dependencies.map(async (dependency) => [dependency.name, await probe(dependency)] as const));
  const down = states.find(([, state]) => state.required && state.state === 'down');
  const reason = notReady() ?? (down === undefined ? null : `${down[0]} is down: ${down[1].cause ?? 'no cause given'}`);
  return { reason, dependencies: Object.fromEntries(states) };
};

/**
 * `GET /livez` (the process is alive) and `GET /readyz` (it can serve: 200, or 503 with Problem Details, and either way
 * each dependency with state, latency and cause). Both are exempt from rate limits and from authentication.
 *
 * @param options.notReady a reason of the service's own not to be ready, for example `sealed`
 */
export const registerHealth = (
  app: App,
  options: { readonly dependencies: readonly DependencyCheck[]; readonly notReady?: () => string | null },
): void => {
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
      const { reason, dependencies } = await readiness(options.dependencies, options.notReady ?? (() => null));
      if (reason === null) return { status: 'ready' as const, dependencies };
      reply.code(503).type('application/problem+json');
      return {
        type: 'urn:passthru:problem:not-ready',
        title: 'Service Unavailable',
        status: 503 as const,
        detail: reason,
        code: 'not-ready' as const,
        reason,
        dependencies,
      };
    },
  );
};
