import type { PartName } from '#engine/engine.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import type { TearDownOptions } from './stack.ts';

/** How long services may take to end by themselves, all together, milliseconds; the engine's grace for each is shorter. */
const LIMIT = 20_000;
/** How long killing may take, milliseconds; only a process that hangs in the kernel needs it. */
const KILL_LIMIT = 7_000;

/**
 * Stops services, in bounded time: when `hurry` aborts, and after the limit, they are killed instead of asked.
 *
 * @returns what was stopped, or why not all of it is
 */
export const tearDown = async (
  engine: StackEngine,
  { services, volumes, hurry }: TearDownOptions,
): Promise<Result<readonly PartName[]>> => {
  if (services?.length === 0) return ok([]);
  const [limit, done] = [AbortSignal.timeout(LIMIT), new AbortController()];
  const signal = AbortSignal.any([hurry, limit]);
  const down = engine.down({ volumes, signal, ...(services === undefined ? {} : { services }) });
  try {
    const result = await Promise.race([down, killedTooLong(signal, done.signal)]);
    if (result !== 'too long') return result;
    return fail('teardown-too-slow', 'not all services ended in time', { fix: 'Run `passthru down` again.' });
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
