import cluster from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { systemClock } from '#infra/jobs/clock.ts';
import type { LogFileConfig } from '#infra/telemetry/config.ts';
import { createLogger } from '#infra/telemetry/logger.ts';
import { openLog } from '#infra/telemetry/open-log.ts';
import type { WorkerState } from '#infra/workers/workers.ts';
import { STOP_GRACE_MS } from '../stop.ts';
import type { News } from './messages.ts';
import { passOutput } from './pass-output.ts';
import { createRelay } from './relay.ts';
import { createWorkerSlot, type End, type WorkerSlot } from './worker-slot.ts';

const SECRET_BYTES = 32;
/** Milliseconds between two looks whether lines of the log got lost. */
const LOST_LINES_MS = 1_000;
/** Milliseconds that the end of the process waits for its log. */
const FLUSH_LOG_MS = 500;
/** Milliseconds more than a worker gives itself to stop: one that does not even do that is killed. */
const KILL_MS = 3_000;

/**
 * Starts the workers of a server and replaces those that end, until SIGTERM or SIGINT. It holds the port and hands the connections to the
 * workers in turn, writes the lines that they log, and does nothing else. If it ends, they end.
 *
 * The first worker starts alone: what a start does once (migrations, demo data) is done when the others begin. If it cannot start, the whole
 * server ends as it did.
 *
 * @param options.service `service.name` of the log lines
 * @param options.config for all workers, by `joinWorkers`
 * @param options.drainSeconds how long a worker goes on serving after it was told to stop
 * @param options.spend answers for what one of the workers uses up
 */
export const superviseWorkers = async (options: {
  readonly service: string;
  readonly count: number;
  readonly config: unknown;
  readonly log: 'stdout' | LogFileConfig;
  readonly drainSeconds: number;
  readonly spend: (words: unknown) => unknown;
}): Promise<void> => {
  const { service, count, config, drainSeconds, spend } = options;
  const lines = await openLog(options.log, { service, trace: () => null });
  const log = createLogger([lines.sink]);
  // In turn: by itself the system would give one of two workers most of a few connections.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ serialization: 'advanced', silent: true });

  const secret = randomBytes(SECRET_BYTES);
  let begun = 0;
  let times = 0;
  const states = (): readonly WorkerState[] => slots.map((slot) => slot.state());
  let told = lines.lost();
  const news = (): News => ({ states: states(), lost: lines.lost() });
  const tellNews = (): void => {
    told = lines.lost();
    for (const { send } of slots) send?.({ kind: 'news', news: news() });
  };
  setInterval(() => {
    const { lines: lost, cause } = lines.lost();
    if (lost !== told.lines || cause !== told.cause) tellNews();
  }, LOST_LINES_MS).unref();
  const relay = createRelay({ peers: () => slots, spend });

  const onEnd = (slot: WorkerSlot, { code, wasUp }: End): boolean => {
    relay.ended(slot.number);
    const isFirst = begun === 1 && slot.number === 1 && !wasUp && slot.state().replaced === 0;
    if (times > 0 && code !== 0) process.exitCode = 1;
    if (isFirst && times === 0) process.exitCode = code ?? 1;
    if ((isFirst || times > 0) && states().every(({ state }) => state === 'ended')) void lines.flush(FLUSH_LOG_MS);
    return !isFirst;
  };

  const slots: readonly WorkerSlot[] = Array.from({ length: count }, (_, index) =>
    createWorkerSlot(index + 1, {
      log,
      welcome: (number) => ({ number, count, isFirst: begun === 1, config, secret, kept: relay.kept(), news: news() }),
      onOutput: (worker) => passOutput(worker.process, { line: lines.pass, errors: process.stderr }),
      onMessage: relay.hear,
      onUp: () => {
        if (times > 0 || begun > 1) return;
        for (const slot of slots.slice(1)) begin(slot);
      },
      onEnd,
      onChange: tellNews,
      clock: systemClock,
    }),
  );
  const begin = (slot: WorkerSlot): void => {
    begun += 1;
    slot.start();
  };

  const stop = (signal: NodeJS.Signals): void => {
    times += 1;
    if (times > 2) return;
    const drain = times === 1 ? drainSeconds * 1000 : 0;
    log.info(`${signal}: ${count} workers are told to stop`);
    for (const slot of slots) slot.stop(signal, times);
    setTimeout(() => slots.forEach((slot) => slot.kill()), drain + STOP_GRACE_MS + KILL_MS).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const [first] = slots;
  if (first !== undefined) begin(first);
};
