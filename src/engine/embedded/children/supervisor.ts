import { thrownWords } from '#infra/apperr/thrown-words.ts';
import { isAlive, processIdentity } from '#engine/state/process-identity.ts';
import type { ServiceRecord } from '#engine/state/run-file.ts';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import { type Diagnosis, type EngineEvent, SERVICES, type ServiceName, type ServiceStatus } from '../../engine.ts';
import type { Layout } from '../files/layout.ts';
import { portsOfService } from '../../ports.ts';
import { logFilesOf, tailOfRun } from './log-lines.ts';
import { pollForChanges } from './poll-processes.ts';
import type { Records } from './process-records.ts';
import { type Exit, startProcess, type Variables } from './start-process.ts';
import { stopProcess } from './stop-process.ts';

const LOG_TAIL_LINES = 20;

/** The processes of a stack: starts, stops, watches and explains them. */
export interface Supervisor {
  /** Starts the service unless it runs with this configuration; one that runs with another is replaced. */
  start(service: ServiceName, configHash: string, signal: AbortSignal): Promise<Result<Started>>;
  /** Starts it with the configuration of its last start, unless it runs. @param variables of its environment, beside the usual ones */
  startAgain(service: ServiceName, variables?: Variables): Promise<Result<Started>>;
  /** Ends every process of the service; answers whether there was one. */
  stop(service: ServiceName, signal?: AbortSignal): Promise<boolean>;
  status(): Promise<readonly ServiceStatus[]>;
  diagnose(service: ServiceName): Promise<Diagnosis>;
  watch(emit: (event: EngineEvent) => void, signal: AbortSignal): void;
  /** Records nothing any more: the lock of the state folder is about to be somebody else's. */
  letGo(): void;
}

export type Started = 'started' | 'already-running' | 'restarted';

/** A process that this one started. */
interface Child {
  readonly pid: number;
  readonly identity: string;
  readonly exited: Promise<Exit>;
}

export const createSupervisor = (options: {
  layout: Layout;
  records: Records;
  demoSeed: boolean;
  stopGraceMs: number;
  /** Epoch milliseconds. */
  now: () => number;
  warn: (text: string) => void;
}): Supervisor => {
  const { layout, records, demoSeed, stopGraceMs, now, warn } = options;
  const watchers = new Set<(event: EngineEvent) => void>();
  const children = new Map<ServiceName, Child>();
  const emit = (event: EngineEvent) => {
    for (const watcher of watchers) watcher(event);
  };

  let isLetGo = false;
  const follow = async (service: ServiceName, { pid, exited }: Child): Promise<void> => {
    const exit = await exited;
    if (isLetGo) return;
    emit({ type: 'service-exited', service, exitCode: exit.code, signal: exit.signal });
    await records.change(service, (record) => (record?.pid === pid ? { ...record, exit } : record));
  };

  const launch = async (service: ServiceName, configHash: string, variables: Variables): Promise<void> => {
    const { pid, exited, logOffset } = await startProcess(layout, service, { demoSeed, variables });
    const child = { pid, exited, identity: (await processIdentity(pid)) ?? 'ended-at-once' };
    children.set(service, child);
    const port = portsOfService(layout.ports, service)[0] ?? 0;
    const times = { started_at: now(), log_offset: logOffset, exit: null };
    await records.change(service, () => ({ pid, identity: child.identity, port, config_hash: configHash, ...times }));
    emit({ type: 'service-started', service, pid });
    follow(service, child).catch((error: unknown) => warn(`how ${service} ended could not be recorded: ${thrownWords(error)}`));
  };

  /** How a process that is gone ended, as far as anybody saw it. The system knows a little before its parent does. */
  const exitOf = async (service: ServiceName, record: ServiceRecord | undefined): Promise<Exit | null> => {
    const child = children.get(service);
    const isOurs = child !== undefined && (record === undefined || record.pid === child.pid);
    return isOurs && !(await isAlive(child)) ? child.exited : (record?.exit ?? null);
  };

  const stop: Supervisor['stop'] = async (service, signal) => {
    const { [service]: record } = await records.read();
    const found = await records.processes(service);
    // One that is ending shows no command line by which it would be found, and holds its ports until it is gone.
    const isHidden = record !== undefined && !found.some(({ pid }) => pid === record.pid);
    const targets = isHidden ? [...found, record] : found;
    const stopped = await Promise.all(
      targets.map((target) => stopProcess(target, { graceMs: stopGraceMs, ...(signal === undefined ? {} : { signal }) })),
    );
    await records.forget(service);
    return stopped.some((how) => how !== 'was-gone');
  };

  const diagnose: Supervisor['diagnose'] = async (service) => {
    const { [service]: record } = await records.read();
    const isGone = record === undefined || !(await isAlive(record));
    const exit = isGone ? await exitOf(service, record) : null;
    const logTail = await tailOfRun(logFilesOf(layout, service), {
      pid: record?.pid ?? null,
      outputFrom: record?.log_offset ?? 0,
      lines: LOG_TAIL_LINES,
    });
    return {
      service,
      exitCode: exit?.code ?? null,
      signal: exit?.signal ?? null,
      lastProbe: null,
      outOfMemory: logTail.some((line) => line.includes('JavaScript heap out of memory')),
      logTail,
    };
  };

  const start = async (
    service: ServiceName,
    configHash: string,
    signal: AbortSignal,
    variables: Variables = {},
  ): Promise<Result<Started>> => {
    const { [service]: record } = await records.read();
    const isRunning = record !== undefined && (await isAlive(record));
    if (isRunning && record.config_hash === configHash) return ok('already-running');
    const wasRunning = await stop(service, signal);
    signal.throwIfAborted();
    await launch(service, configHash, variables);
    const { [service]: launched } = await records.read();
    if (launched !== undefined && (await isAlive(launched))) return ok(wasRunning ? 'restarted' : 'started');
    const { exitCode, signal: by, logTail } = await diagnose(service);
    return fail('service-exited', `${service} ended at once with ${by ?? `code ${exitCode}`}: ${logTail.at(-1) ?? 'it said nothing'}`, {
      fix: `Look at \`passthru logs ${service}\`.`,
    });
  };

  return {
    stop,
    diagnose,
    letGo: () => void (isLetGo = true),
    start,
    startAgain: async (service, variables) => {
      const { [service]: record } = await records.read();
      return start(service, record?.config_hash ?? '', new AbortController().signal, variables);
    },
    status: async () => {
      const all = await records.read();
      return Promise.all(
        SERVICES.map(async (service): Promise<ServiceStatus> => {
          const record = all[service];
          const address = `https://localhost:${record?.port ?? portsOfService(layout.ports, service)[0]}`;
          const base = { service, address, health: null, pid: null, uptimeMs: null, restarts: 0, exitCode: null };
          if (record === undefined) return { ...base, state: 'absent' };
          if (!(await isAlive(record))) return { ...base, state: 'exited', exitCode: (await exitOf(service, record))?.code ?? null };
          // Another process than we started means that somebody restarted it meanwhile.
          const restarts = (children.get(service)?.identity ?? record.identity) === record.identity ? 0 : 1;
          return { ...base, state: 'running', pid: record.pid, uptimeMs: Math.max(0, now() - record.started_at), restarts };
        }),
      );
    },
    watch: (watcher, signal) => {
      if (signal.aborted) return;
      watchers.add(watcher);
      const poll = pollForChanges({ records, isChild: (service, pid) => children.get(service)?.pid === pid, emit: watcher, warn });
      signal.addEventListener('abort', () => (watchers.delete(watcher), poll[Symbol.dispose]()), { once: true });
    },
  };
};
