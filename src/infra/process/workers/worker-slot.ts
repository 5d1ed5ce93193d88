import cluster, { type Worker } from 'node:cluster';
import type { Logger } from '#infra/telemetry/telemetry.ts';
import type { WorkerState } from '#infra/workers/workers.ts';
import { thrownWords } from '#infra/apperr/thrown-words.ts';
import type { Clock } from '#infra/jobs/clock.ts';
import { createBackOff } from './back-off.ts';
import { createLiveness, type Liveness } from './liveness.ts';
import type { Relayed, ToSupervisor, ToWorker, Welcome } from './messages.ts';
import type { Peer } from './relay.ts';

/** How a process ended. */
export interface End {
  readonly code: number | null;
  readonly signal: string | null;
  /** It served before. */
  readonly wasUp: boolean;
}

/** The place of a worker: one process after the other, until it is closed. */
export interface WorkerSlot extends Peer {
  state(): WorkerState;
  start(): void;
  /** Asks the process to stop; it is not replaced. Before it has joined, it is ended. */
  stop(signal: NodeJS.Signals, times: number): void;
  kill(): void;
}

const sendTo =
  (to: Worker) =>
  (message: ToWorker): void => {
    // Of one that ends meanwhile the end is heard of soon.
    if (to.isConnected()) to.send(message, undefined, undefined, () => {});
  };

/**
 *     start ─► starting ── joins, is welcomed, is up ─► up ── ends ─► ended ── after a wait that grows ─► start
 *
 * @param options.onOutput called with each process: whose stdout and stderr are pipes
 * @param options.onEnd called at the end of a process; what it gives back says whether another takes its place
 */
export const createWorkerSlot = (
  number: number,
  options: {
    readonly log: Pick<Logger, 'info' | 'warn'>;
    readonly welcome: (number: number) => Welcome;
    readonly onOutput: (worker: Worker) => void;
    readonly onMessage: (from: WorkerSlot, message: Relayed) => void;
    readonly onUp: (slot: WorkerSlot) => void;
    readonly onEnd: (slot: WorkerSlot, end: End) => boolean;
    readonly onChange: () => void;
    readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  },
): WorkerSlot => {
  const { log, welcome, onOutput, onMessage, onUp, onEnd, onChange, clock } = options;
  const backOff = createBackOff();
  let worker: Worker | null = null;
  let hasJoined = false;
  let upSince: number | null = null;
  let replaced = 0;
  let liveness: Liveness | null = null;
  let isStopping = false;
  let waiting: NodeJS.Timeout | undefined;

  const hear = (from: Worker, message: ToSupervisor): void => {
    if (from !== worker) return;
    liveness?.heard();
    switch (message.kind) {
      case 'join':
        hasJoined = true;
        liveness = createLiveness({ clock, onSilent: () => slot.end('it does not answer') });
        return sendTo(from)({ kind: 'welcome', welcome: welcome(number) });
      case 'up':
        upSince = clock.monotonic();
        log.info(`worker ${number} is up: process ${from.process.pid}`, { worker: number });
        onChange();
        return onUp(slot);
      case 'alive':
        return undefined;
      default:
        return onMessage(slot, message);
    }
  };

  const ended = (code: number | null, signal: string | null, why?: string): void => {
    const pid = worker?.process.pid;
    const livedMs = upSince === null ? 0 : clock.monotonic() - upSince;
    const end = { code, signal, wasUp: upSince !== null };
    worker = null;
    liveness?.[Symbol.dispose]();
    liveness = null;
    hasJoined = false;
    upSince = null;
    const isReplaced = onEnd(slot, end) && !isStopping;
    const how = why ?? `worker ${number} (process ${pid}) ended ${signal === null ? `with ${code}` : `by ${signal}`}`;
    if (isReplaced) {
      const wait = backOff.next(livedMs);
      log.warn(`${how}; another one starts in ${wait} ms`, { worker: number });
      waiting = setTimeout(() => {
        replaced += 1;
        start();
      }, wait);
    } else log.info(how, { worker: number });
    onChange();
  };

  const start = (): void => {
    try {
      const own = cluster.fork();
      worker = own;
      onOutput(own);
      own.on('message', (message: ToSupervisor) => hear(own, message));
      own.on('exit', (code: number | null, signal: string | null) => ended(code, signal));
      // Of one that never was there is no other end.
      own.on('error', (error: Error) => own.process.pid === undefined && notStarted(error));
    } catch (thrown) {
      notStarted(thrown);
    }
    onChange();
  };

  /** The system has no place for one more process, or no memory. */
  const notStarted = (thrown: unknown): void => ended(null, null, `worker ${number} could not be started: ${thrownWords(thrown)}`);

  const kill = (): void => void worker?.process.kill('SIGKILL');

  const slot: WorkerSlot = {
    number,
    get send() {
      return worker === null || !hasJoined ? null : sendTo(worker);
    },
    state: () => ({
      number,
      state: worker === null ? 'ended' : upSince === null ? 'starting' : 'up',
      pid: worker?.process.pid ?? null,
      replaced,
    }),
    start,
    end: (why) => {
      log.warn(`worker ${number} is ended: ${why}`, { worker: number });
      kill();
    },
    stop: (signal, times) => {
      isStopping = true;
      clearTimeout(waiting);
      if (worker !== null && hasJoined) sendTo(worker)({ kind: 'stop', signal, times });
      else kill();
    },
    kill,
  };
  return slot;
};
