import { isAlive } from '#engine/state/process-identity.ts';
import { type PortConflict, type PortUser, SERVICES } from '../engine.ts';
import { listenersOnEach } from '#engine/state/processes.ts';
import { holderName, type Served, servedBy } from '#engine/state/served-folder.ts';
import { partnerProcesses } from './children/partner-processes.ts';
import type { Records } from './children/process-records.ts';
import type { Layout } from './files/layout.ts';
import { portsOfService, whyNotFree } from '../ports.ts';

/** The ports of these services, and of the second Identity, that somebody else holds; our own running services are no conflict. */
export const findPortConflicts = async (options: {
  layout: Layout;
  records: Records;
  services: readonly PortUser[];
}): Promise<readonly PortConflict[]> => {
  const { layout, records, services } = options;
  const asked = services.flatMap((service) => portsOfService(layout.ports, service).map((port) => ({ service, port })));
  const looked = await Promise.all(asked.map(async (ask) => ({ ...ask, why: await whyNotFree(ask.port) })));
  const busy = looked.filter(({ why }) => why !== null);
  if (busy.length === 0) return [];
  const [ours, holdersOfEach] = await Promise.all([
    ourProcesses({ layout, records, services }),
    listenersOnEach(busy.map(({ port }) => port)),
  ]);
  const conflicts = await Promise.all(
    busy.map(async ({ service, port, why }, at) => {
      if (why === 'not-permitted') return [{ service, port, holder: 'the system, for privileged users only' }];
      const holders = holdersOfEach[at] ?? [];
      const foreign = holders.filter((pid) => !ours.pids.has(pid));
      // Where the platform does not tell who listens, a living service of ours on this port is the likely one.
      if (holders.length === 0 ? ours.ports.has(port) : foreign.length === 0) return [];
      const [names, served] = await Promise.all([Promise.all(foreign.map(holderName)), Promise.all(foreign.map((pid) => servedBy(pid)))]);
      return [{ service, port, holder: names.join(', ') || 'another process', ...stackOf(served) }];
    }),
  );
  return conflicts.flat();
};

const stackOf = (served: readonly (Served | null)[]): Pick<PortConflict, 'stateDir'> => {
  const folder = served[0]?.folder;
  return folder !== undefined && served.every((each) => each?.folder === folder) ? { stateDir: folder } : {};
};

const ourProcesses = async ({ layout, records, services }: { layout: Layout; records: Records; services: readonly PortUser[] }) => {
  const partner = services.includes('partner') ? partnerProcesses(layout) : [];
  const targets = await Promise.all(SERVICES.filter((each) => services.includes(each)).map((service) => records.processes(service)));
  const recorded = Object.values(await records.read());
  const alive = await Promise.all(recorded.map(isAlive));
  return {
    pids: new Set([...targets.flat().map(({ pid }) => pid), ...(await partner)]),
    ports: new Set(recorded.filter((_, i) => alive[i] === true).map(({ port }) => port)),
  };
};
