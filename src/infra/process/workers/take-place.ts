import type { LogFileConfig } from '#infra/telemetry/config.ts';
import { type WorkersConfig, workerCount } from '#infra/workers/config.ts';
import { ALONE, type Workers } from '#infra/workers/workers.ts';
import type { StopSignals } from '../stop.ts';
import { isWorker, joinWorkers } from './join-workers.ts';

/** Of every server with workers. */
interface ServerConfig {
  readonly server: { readonly workers: WorkersConfig; readonly drain_seconds: number };
  readonly log?: LogFileConfig;
}

/** A process that is to serve, alone or as one of several; disposal leaves the others. */
export interface Place<C> extends Disposable {
  readonly config: C;
  readonly workers: Workers;
  /** Whether what a start does once is to be done here. */
  readonly isFirst: boolean;
  readonly signals: StopSignals;
  /** Where its log goes. */
  readonly log: 'stdout' | LogFileConfig;
  /** Tells that it serves. */
  up(): void;
}

/**
 * Finds out what this process is: a server by itself, a worker, or the one that starts the workers and ends with the last of them.
 *
 * @param options.load the configuration; a worker has it from the process that started it
 * @param options.spendFor answers for what one of the workers uses up
 * @returns null for the one that starts workers: it has nothing else to do
 * @throws what `load` throws; AppError `log-file-unusable`
 */
export const takePlace = async <C extends ServerConfig>(options: {
  readonly service: string;
  readonly load: () => Promise<C>;
  readonly spendFor: (config: C) => (words: unknown) => unknown;
}): Promise<Place<C> | null> => {
  const { service, load, spendFor } = options;
  if (isWorker()) {
    const joined = await joinWorkers();
    // The supervisor checked it, and writes the log of all.
    return { ...joined, config: joined.config as C, log: 'stdout', [Symbol.dispose]: () => joined[Symbol.dispose]() };
  }
  const config = await load();
  const log = config.log ?? 'stdout';
  const count = workerCount(config.server.workers);
  if (count === 1) return { config, workers: ALONE, isFirst: true, signals: process, log, up: () => {}, [Symbol.dispose]: () => {} };
  // Nobody else needs it.
  const { superviseWorkers } = await import('./supervise-workers.ts');
  await superviseWorkers({ service, count, config, log, drainSeconds: config.server.drain_seconds, spend: spendFor(config) });
  return null;
};
