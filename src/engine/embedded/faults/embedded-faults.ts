import type { PartName } from '../../engine.ts';
import type { FaultMeans } from '#engine/faults/create-fault-door.ts';
import type { Records } from '../children/process-records.ts';
import { isService, serviceOf } from '../children/service-of.ts';
import { freezeProcess, killProcess, type RunningProcess, thawProcess } from '../children/stop-process.ts';
import type { Supervisor } from '../children/supervisor.ts';
import type { Layout } from '../files/layout.ts';
import { fakedClock } from './faked-clock.ts';
import { smallDisk } from './small-disk.ts';

/** Faults of processes on this machine. */
export const embeddedFaults = (of: {
  readonly layout: Layout;
  readonly records: Records;
  readonly supervisor: Supervisor;
  readonly prepare: () => Promise<void>;
}): FaultMeans => {
  const { layout, records, supervisor, prepare } = of;
  const each = async (part: PartName, act: (target: RunningProcess) => Promise<unknown>): Promise<void> => {
    const targets = await records.processes(serviceOf(part));
    await Promise.all(targets.map(act));
  };
  return {
    kill: (part) => each(part, killProcess),
    freeze: (part) => each(part, freezeProcess),
    thaw: (part) => each(part, thawProcess),
    stop: async (part) => void (await supervisor.stop(serviceOf(part))),
    start: (part) => supervisor.startAgain(serviceOf(part)),
    prepare,
    fullDisk: smallDisk({ layout, supervisor }),
    clock: fakedClock({ layout, supervisor }),
    lacks: {
      part: (part) => (isService(part) ? null : 'no PostgreSQL, its data are in SQLite'),
      fullDisk: '',
      clock: '',
    },
  };
};
