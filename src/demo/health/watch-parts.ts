import type { Engine } from '#engine/engine.ts';
import { unreachable } from '#infra/apperr/app-error.ts';
import type { Emit } from '../events.ts';

/**
 * Turns what the engine tells into events of the run, until `signal` aborts.
 *
 * @param options.stepId the step under way: it waits for what the engine does before something runs
 */
export const watchParts = (options: {
  readonly engine: Pick<Engine, 'watch'>;
  readonly emit: Emit;
  readonly now: () => number;
  readonly stepId: () => string;
  readonly signal: AbortSignal;
}): void => {
  const { engine, emit, now, stepId, signal } = options;
  engine.watch((event) => {
    switch (event.type) {
      case 'progress':
        return emit({ type: 'step-progress', at: now(), stepId: stepId(), text: event.text });
      case 'service-started': {
        const text = event.pid === null ? 'started' : `pid ${event.pid}`;
        return emit({ type: 'service', at: now(), service: event.service, state: 'started', text });
      }
      case 'service-exited': {
        const how = event.signal ?? (event.exitCode === null ? '' : `code ${event.exitCode}`);
        const text = how === '' ? 'exited' : `exited with ${how}`;
        return emit({ type: 'service', at: now(), service: event.service, state: 'exited', text });
      }
      default:
        return unreachable(event);
    }
  }, signal);
};
