import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isDiskFull } from '#engine/state/disk-fixes.ts';
import { isAlive, processIdentity } from '#engine/state/process-identity.ts';
import { readRunFile, type RunRecords, type ServiceRecord, setAside, writeRunFile } from '#engine/state/run-file.ts';
import { SERVICES, type ServiceName } from '../../engine.ts';
import type { Layout } from '../files/layout.ts';
import { portsOfService } from '../../ports.ts';
import { processesWithArguments } from '#engine/state/processes.ts';
import { isSameFolder, recordsByOwner, type Served, servedBy } from '#engine/state/served-folder.ts';
import type { RunningProcess } from './stop-process.ts';

/** The processes of a stack as the disk records them, and as the system shows them where the disk does not tell or tells of others. */
export interface Records {
  /** Records of processes that run for another state folder, of which this one is a copy, are left out. */
  read(): Promise<RunRecords>;
  /** Sets or removes the record of one service; changes of this process queue up. Only the holder of the lock may do it. */
  change(service: ServiceName, change: (record: ServiceRecord | undefined) => ServiceRecord | undefined): Promise<void>;
  /**
   * Removes the record of a service that has ended. On a full disk the record stays, which is as good, because its process is gone;
   * the file goes as a whole once nothing of it lives.
   */
  forget(service: ServiceName): Promise<void>;
  /** Every process that runs with the configuration of this service, recorded or not: a killed run may have left one. */
  processes(service: ServiceName): Promise<readonly RunningProcess[]>;
  /** Resolves when every change that was asked for is on the disk, or has failed. */
  settled(): Promise<void>;
}

export const createRecords = (layout: Layout, options: { warn: (text: string) => void; now: () => number }): Records => {
  const { warn, now } = options;
  const { folder } = layout;
  let changes: Promise<void> = Promise.resolve();
  const told = new Set<string>();
  const tell = (text: string): void => {
    if (!told.has(text)) warn(text);
    told.add(text);
  };

  /** Processes of any service of this folder, or of one. */
  const running = async (service?: ServiceName): Promise<readonly (RunningProcess & Pick<Served, 'service'>)[]> => {
    // It counts whoever started it, and from whichever installation; a program that only reads or edits its configuration is no service.
    const pids = await processesWithArguments(['serve', ...(service === undefined ? [] : [service]), '--config']);
    const found = await Promise.all(
      pids.map(async (pid) => {
        const [identity, served] = [await processIdentity(pid), await servedBy(pid)];
        if (identity === null || served === null || served.service !== (service ?? served.service)) return [];
        return (await isSameFolder(served.folder, folder.path)) ? [{ pid, identity, service: served.service }] : [];
      }),
    );
    return found.flat();
  };

  /** Records of processes that run though nothing is written of them; their configuration is unknown, so `up` replaces them. */
  const recover = async (): Promise<RunRecords> => {
    const all = await running();
    const found = SERVICES.flatMap((service) => {
      const target = all.find((each) => each.service === service);
      if (target === undefined) return [];
      const { pid, identity } = target;
      const port = portsOfService(layout.ports, service)[0] ?? 0;
      return [[service, { pid, identity, port, config_hash: '', started_at: now(), log_offset: 0, exit: null }] as const];
    });
    return Object.fromEntries(found);
  };

  const look = async (): Promise<{ readonly own: RunRecords; readonly damaged: boolean; readonly foreign: readonly Served[] }> => {
    const { records, damaged } = await readRunFile(folder.run);
    if (damaged) tell('run.json was damaged; the running services were found by their command lines');
    const { own, foreign } = await recordsByOwner(records, folder.path);
    for (const { service, folder: other } of foreign) tell(`the ${service} that run.json records runs for ${other}, and is left alone`);
    if (!damaged && (Object.keys(records).length > 0 || !existsSync(folder.config))) return { own, damaged, foreign };
    return { own: await recover(), damaged, foreign };
  };

  const change: Records['change'] = (service, changeOne) => {
    const apply = async (): Promise<void> => {
      const { own, damaged, foreign } = await look();
      const { [service]: current, ...others } = own;
      const changed = changeOne(current);
      if (changed === current && foreign.length === 0) return;
      if (damaged) await setAside(folder.run);
      await writeRunFile(folder.run, changed === undefined ? others : { ...others, [service]: changed });
    };
    const next = changes.then(apply);
    // A change that failed is its caller's to tell; the next one still gets its turn.
    changes = next.catch(() => {});
    return next;
  };

  const forget: Records['forget'] = async (service) => {
    try {
      await change(service, () => undefined);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      const alive = await Promise.all(Object.values((await look()).own).map(isAlive));
      if (!alive.includes(true)) await rm(folder.run, { force: true });
    }
  };

  return {
    read: async () => (await look()).own,
    change,
    forget,
    settled: () => changes,
    processes: running,
  };
};
