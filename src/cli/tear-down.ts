import type { Engine, ServiceName } from '#engine/engine.ts';
import { tell, tellFailure } from './reporters/answer.ts';
import { EXIT } from './exit-codes.ts';
import type { Session } from './session.ts';

/** A teardown that takes longer than this is given up, milliseconds; the engine's own grace period is shorter. */
const LIMIT = 30_000;

/**
 * Stops services, in bounded time; a second Ctrl-C leaves it.
 *
 * @returns whether all of it is stopped
 */
export const tearDown = async (options: {
  readonly session: Session;
  readonly engine: Engine;
  readonly services: readonly ServiceName[];
  readonly volumes: boolean;
}): Promise<boolean> => {
  const { session, engine, services, volumes } = options;
  if (services.length === 0) return true;
  const { terminal, interrupts, command, surroundings } = session;
  const quiet = session.options.verbosity === 'quiet' || session.options.output !== 'human';
  const limit = AbortSignal.timeout(LIMIT);
  const signal = AbortSignal.any([interrupts.second, limit]);
  const given = Promise.withResolvers<'given up'>();
  signal.addEventListener('abort', () => given.resolve('given up'), { once: true });
  if (signal.aborted) return false;
  const result = await Promise.race([engine.down({ services, volumes, signal }), given.promise]);
  if (result === 'given up') {
    if (limit.aborted)
      tell(terminal, `Gave up after ${LIMIT / 1000} s: ${services.join(', ')} may still run; \`passthru down\` stops them.`);
    return false;
  }
  if (!result.ok) {
    const exitCode = EXIT.partial;
    tellFailure({ command, failure: result.error, fields: [], exitCode }, { terminal, output: 'human', now: surroundings.now });
    return false;
  }
  if (!quiet) tell(terminal, `  Stopped ${result.value.join(', ') || 'nothing: nothing ran'}${volumes ? ', data removed' : ''}`);
  return true;
};
