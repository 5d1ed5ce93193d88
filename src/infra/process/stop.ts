import { thrownMessage } from '#infra/apperr/thrown-words.ts';
import type { Logger } from '#infra/telemetry/telemetry.ts';

/**
 * A server as a process of the system: how it is told to start (`serve-options.ts`), what its version is, and how it stops at a signal.
 */

/** After this many milliseconds a graceful stop gives up what is still in flight. */
export const STOP_GRACE_MS = 5_000;
/** Milliseconds for the last line of the log. */
const LAST_LINE_MS = 100;

/** Who tells a server to stop: the system, or the process that started it as a worker. */
export interface StopSignals {
  on(signal: 'SIGTERM' | 'SIGINT', listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: (signal: NodeJS.Signals) => void): unknown;
}

export interface StopOptions {
  /** The system where absent. */
  readonly signals?: StopSignals;
  readonly log: Pick<Logger, 'info' | 'error'>;
  /** Ends everything; the process then ends by itself, nothing being left to wait for. */
  readonly stop: () => Promise<void>;
  /** The time before it: `begin` is called at the signal, and the server goes on serving for so many seconds. */
  readonly drain?: { readonly seconds: number; readonly begin: () => void };
}

/**
 * SIGTERM and SIGINT, the first of them, begin the drain and then run `stop` once; the second ends the drain at once.
 * A stop that fails is logged and makes the exit code 1; one that hangs past the grace period is logged and the process killed.
 */
export const stopOnSignals = (options: StopOptions): void => {
  const { log, stop, drain = { seconds: 0, begin: () => {} }, signals = process } = options;
  let stopping = false;
  let draining: NodeJS.Timeout | null = null;

  const stopNow = (): void => {
    draining = null;
    const giveUp = setTimeout(() => {
      log.error(`stopping took longer than ${STOP_GRACE_MS} ms; ending with requests in flight`);
      // The line above is written meanwhile.
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_LINE_MS);
    }, STOP_GRACE_MS);
    giveUp.unref();
    stop().catch((error: unknown) => {
      log.error(`stopping failed: ${thrownMessage(error)}`);
      process.exitCode = 1;
    });
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) {
      if (draining === null) return;
      clearTimeout(draining);
      log.info(`stopping at once on another ${signal}`);
      return stopNow();
    }
    stopping = true;
    const { seconds, begin } = drain;
    log.info(seconds === 0 ? `stopping on ${signal}` : `stopping on ${signal}: not ready from now on, and closed in ${seconds} s`);
    begin();
    if (seconds === 0) return stopNow();
    draining = setTimeout(stopNow, seconds * 1000);
  };
  signals.on('SIGTERM', onSignal);
  signals.on('SIGINT', onSignal);
};

/** Aborts at the first SIGTERM or SIGINT; once it is disposed, these signals do again what they did before. */
export const stopRequest = (log: Pick<Logger, 'info'>, signals: StopSignals = process): Disposable & { readonly signal: AbortSignal } => {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    log.info(`stopping on ${signal}`);
    controller.abort(new Error(`stopped by ${signal}`));
  };
  signals.on('SIGTERM', onSignal);
  signals.on('SIGINT', onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      signals.off('SIGTERM', onSignal);
      signals.off('SIGINT', onSignal);
    },
  };
};
