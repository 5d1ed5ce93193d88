import { existsSync } from 'node:fs';
import { isAlive, processIdentity } from '#engine/state/process-identity.ts';
import { readRunFile, type RunRecords, type ServiceRecord, setAside, writeRunFile } from '#engine/state/run-file.ts';
import { SERVICES, type ServiceName } from '../../engine.ts';
import type { Layout } from '../files/layout.ts';
import { portsOfService } from '../../ports.ts';
import { processesWithArguments } from '#engine/state/processes.ts';
import type { Target } from './stop-process.ts';

/** The processes of a stack as the disk records them, and as the system shows them where the disk does not tell. */
export interface Records {
  read(): Promise<RunRecords>;
  /** Sets or removes the record of one service; changes of this process queue up. Only the holder of the lock may do it. */
  change(service: ServiceName, change: (record: ServiceRecord | undefined) => ServiceRecord | undefined): Promise<void>;
  /** Every process that runs with the configuration of this service, recorded or not: a killed run may have left one. */
  processes(service: ServiceName): Promise<readonly Target[]>;
  /** Resolves when every change that was asked for is on the disk, or has failed. */
  settled(): Promise<void>;
}

export const createRecords = (layout: Layout, options: { warn: (text: string) => void; now: () => number }): Records => {
  const { warn, now } = options;
  const file = layout.folder.run;
  let changes: Promise<void> = Promise.resolve();
  let warned = false;

  const running = async (service: ServiceName): Promise<readonly Target[]> => {
    // It counts whoever started it, and from whichever installation; a program that only reads or edits its configuration is no service.
    const pids = await processesWithArguments(['serve', service, '--config', layout.overlay(service)]);
    const found = await Promise.all(pids.map(async (pid) => ({ pid, identity: await processIdentity(pid) })));
    return found.flatMap(({ pid, identity }) => (identity === null ? [] : [{ pid, identity }]));
  };

  /** Records of processes that run though nothing is written of them; their configuration is unknown, so `up` replaces them. */
  const recover = async (): Promise<RunRecords> => {
    const found = await Promise.all(
      SERVICES.map(async (service) => {
        const [target] = await running(service);
        const record = {
          port: portsOfService(layout.ports, service)[0] ?? 0,
          config_hash: '',
          started_at: now(),
          log_offset: 0,
          exit: null,
        };
        return target === undefined ? [] : [[service, { ...target, ...record }] as const];
      }),
    );
    return Object.fromEntries(found.flat());
  };

  const read = async (): Promise<RunRecords> => {
    const { records, damaged } = await readRunFile(file);
    if (damaged && !warned) {
      warned = true;
      warn('run.json was damaged; the running services were found by their command lines');
    }
    if (!damaged && (Object.keys(records).length > 0 || !existsSync(layout.folder.config))) return records;
    return recover();
  };

  return {
    read,
    change: (service, change) => {
      const apply = async (): Promise<void> => {
        const { damaged } = await readRunFile(file);
        const { [service]: current, ...others } = await read();
        const changed = change(current);
        if (changed === current) return;
        if (damaged) await setAside(file);
        await writeRunFile(file, changed === undefined ? others : { ...others, [service]: changed });
      };
      const next = changes.then(apply);
      // A change that failed is its caller's to tell; the next one still gets its turn.
      changes = next.catch(() => {});
      return next;
    },
    settled: () => changes,
    processes: async (service) => {
      const { [service]: record } = await read();
      const found = await running(service);
      const isKnown = record === undefined || found.some(({ pid }) => pid === record.pid) || !(await isAlive(record));
      return isKnown ? found : [record, ...found];
    },
  };
};
