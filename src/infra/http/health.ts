import { publicCause } from '#infra/apperr/public-cause.ts';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createSingleFlight } from '#infra/cache/single-flight.ts';
import { DEPENDENCY_MS } from '#infra/magic/limits.ts';

/** Something that a service cannot do without (required), or would rather have. */
export interface DependencyCheck {
  readonly name: string;
  readonly required: boolean;
  /** Resolves when the dependency is up; throws with the cause when it is not. */
  check(signal: AbortSignal): Promise<void>;
  /** The state at the last look, for those that nobody waits for; see `watchOptional`. */
  readonly last?: () => DependencyState;
}

export interface DependencyState {
  readonly state: 'up' | 'down';
  readonly required: boolean;
  readonly latency_ms: number;
  readonly cause: string | null;
}

/**
 * `/readyz` needs no authentication and counts under no rate limit, so that a look is made once for all who ask while it is under
 * way and this long after, in milliseconds. It is shorter than the shortest pause between two looks of the CLI, which calls a service
 * healthy after two passes: they stay two looks.
 */
const REUSE_MS = 30;

const probe = async (dependency: DependencyCheck): Promise<DependencyState> => {
  const started = performance.now();
  const signal = AbortSignal.timeout(DEPENDENCY_MS);
  const timedOut = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`${dependency.name} did not answer within ${DEPENDENCY_MS} ms`)));
  });
  const cause = await Promise.race([dependency.check(signal), timedOut]).then(
    () => null,
    (thrown: unknown) => publicCause(thrown),
  );
  const latency = Math.round((performance.now() - started) * 10) / 10;
  return { state: cause === null ? 'up' : 'down', required: dependency.required, latency_ms: latency, cause };
};

/**
 * A probe that is shared by all who ask at the same time, or nearly so.
 *
 * @param elapsed milliseconds of a clock that never goes back
 */
export const sharedProbe = (dependency: DependencyCheck, elapsed: () => number): (() => Promise<DependencyState>) => {
  const flight = createSingleFlight<DependencyState>();
  const key = boundedKey(dependency.name);
  let last: { readonly state: DependencyState; readonly at: number } | null = null;
  const look = async (): Promise<DependencyState> => {
    const state = await probe(dependency);
    last = { state, at: elapsed() };
    return state;
  };
  return async () => (last !== null && elapsed() - last.at < REUSE_MS ? last.state : flight(key, look));
};

export interface Readiness {
  readonly reason: string | null;
  readonly dependencies: Readonly<Record<string, DependencyState>>;
}

export const readinessOf = (states: readonly (readonly [name: string, DependencyState])[], notReady: () => string | null): Readiness => {
  const down = states.find(([, state]) => state.required && state.state === 'down');
  const reason = notReady() ?? (down === undefined ? null : `${down[0]} is down: ${down[1].cause ?? 'no cause given'}`);
  return { reason, dependencies: Object.fromEntries(states) };
};

/** The answer of `/readyz`: every dependency looked at, all at once. */
export const readiness = async (dependencies: readonly DependencyCheck[], notReady: () => string | null): Promise<Readiness> =>
  readinessOf(await Promise.all(dependencies.map(async (dependency) => [dependency.name, await probe(dependency)] as const)), notReady);
