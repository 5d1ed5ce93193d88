import { setImmediate } from 'node:timers/promises';
import type { Logger } from '#infra/telemetry/telemetry.ts';
import type { PayloadStore } from './payloads.store.ts';

const SWEEP_MS = 60_000;
/** Of each table in one round: SQLite does nothing else meanwhile. */
const SWEEP_ROWS = 500;

/**
 * Removes what has expired, once a minute and then all of it: anyone may leave interactions behind, many more in a minute than
 * one round removes. Requests have their turn between the rounds, and disposal waits for the round that is under way.
 */
export const startSweeping = (options: {
  readonly store: Pick<PayloadStore, 'sweep'>;
  readonly log: Pick<Logger, 'error'>;
}): AsyncDisposable => {
  const { store, log } = options;
  const stopped = new AbortController();
  let running: Promise<void> | undefined;

  const sweepAll = async (): Promise<void> => {
    try {
      while (!stopped.signal.aborted && (await store.sweep(SWEEP_ROWS)) >= SWEEP_ROWS) await setImmediate();
    } catch (error) {
      log.error(`expired tokens not swept: ${String(error)}`);
    } finally {
      running = undefined;
    }
  };
  const timer = setInterval(() => (running ??= sweepAll()), SWEEP_MS);
  timer.unref();

  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      stopped.abort();
      await running;
    },
  };
};
