import type { Engine, PartName, ServiceName } from '#engine/engine.ts';
import { failure, type Failure } from '#infra/apperr/result.ts';
import type { Session } from './session.ts';

/** How long services may take to end by themselves, all together, milliseconds; the engine's grace for each is shorter. */
const LIMIT = 20_000;
/** How long killing may take, milliseconds; only a process that hangs in the kernel needs it. */
const KILL_LIMIT = 7_000;

export interface TearDownOptions {
  readonly session: Pick<Session, 'interrupts'>;
  readonly engine: Engine;
  /** All services when not given. */
  readonly services?: readonly ServiceName[];
  readonly volumes: boolean;
}

/**
 * Stops services, in bounded time: after a second Ctrl-C, and after the limit, they are killed instead of asked.
 *
 * @returns what was stopped, or why not all of it is
 */
export const tearDown = async (
  options: TearDownOptions,
): Promise<{ readonly stopped: readonly PartName[]; readonly error: Failure | null }> => {
  const { session, engine, services, volumes } = options;
  if (services?.length === 0) return { stopped: [], error: null };
  const [limit, done] = [AbortSignal.timeout(LIMIT), new AbortController()];
  const signal = AbortSignal.any([session.interrupts.second, limit]);
  const down = engine.down({ volumes, signal, ...(services === undefined ? {} : { services }) });
  try {
    const result = await Promise.race([down, killedTooLong(signal, done.signal)]);
    if (result === 'too long') {
      return { stopped: [], error: failure('teardown-too-slow', 'not all services ended in time', { fix: 'Run `passthru down` again.' }) };
    }
    return result.ok ? { stopped: result.value, error: null } : { stopped: [], error: result.error };
  } finally {
    done.abort();
  }
};

/** Resolves `KILL_LIMIT` after `hurry` aborts, unless it is over before. */
const killedTooLong = (hurry: AbortSignal, over: AbortSignal): Promise<'too long'> =>
  new Promise((resolve) => {
    const start = (): void => {
      const timer = setTimeout(() => resolve('too long'), KILL_LIMIT);
      over.addEventListener('abort', () => clearTimeout(timer), { once: true });
    };
    if (hurry.aborted) start();
    else hurry.addEventListener('abort', start, { once: true });
  });
