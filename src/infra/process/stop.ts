import type { Logger } from '#infra/telemetry/telemetry.ts';

/**
 * A server as a process of the system: how it is told to start (`serve-options.ts`), what its version is, and how it stops at a signal.
 */

/** After this many milliseconds a graceful stop gives up what is still in flight. */
const STOP_GRACE_MS = 5_000;

/**
 * SIGTERM and SIGINT run `stop` once; the process then ends by itself, nothing being left to wait for.
 * A stop that fails is logged and makes the exit code 1; one that hangs past the grace period is logged and the process killed.
 */
export const stopOnSignals = (stop: () => Promise<void>, log: Pick<Logger, 'info' | 'error'>): void => {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log.info(`stopping on ${signal}`);
    const giveUp = setTimeout(() => {
      log.error(`stopping took longer than ${STOP_GRACE_MS} ms; ending with requests in flight`);
      process.kill(process.pid, 'SIGKILL');
    }, STOP_GRACE_MS);
    giveUp.unref();
    stop().catch((error: unknown) => {
      log.error(`stopping failed: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
};

/** Aborts at the first SIGTERM or SIGINT; once it is disposed, these signals do again what they did before. */
export const stopRequest = (log: Pick<Logger, 'info'>): Disposable & { readonly signal: AbortSignal } => {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    log.info(`stopping on ${signal}`);
    controller.abort(new Error(`stopped by ${signal}`));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
    },
  };
};
