import { isAlive } from '#engine/state/process-identity.ts';
import { type PortConflict, type PortUser, SERVICES } from '../engine.ts';
import { listenersOnEach } from '#engine/state/processes.ts';
import { holderName, type Served, servedBy } from '#engine/state/served-folder.ts';
import { partnerProcesses } from './children/partner-processes.ts';
import type { Records } from './children/process-records.ts';
import type { Layout } from './files/layout.ts';
import { portsOfService, whyNotFree } from '../ports.ts';

/**
 * The ports of these services, and of the second Identity, that somebody else holds; our own running services are no conflict. The ports
 * of those that run are looked for among the listeners alone: the other look binds a port for a moment, which would end a service of ours
 * that a killed run has started and that is about to listen there.
 */
export const findPortConflicts = async (options: {
  layout: Layout;
  records: Records;
  services: readonly PortUser[];
}): Promise<readonly PortConflict[]> => {
  const { layout, records, services } = options;
  const ours = await ourProcesses({ layout, records, services });
  const asked = services.flatMap((service) => portsOfService(layout.ports, service).map((port) => ({ service, port })));
  const looked = await Promise.all(
    asked.map(async (ask) => ({ ...ask, why: ours.services.has(ask.service) ? 'listener' : await whyNotFree(ask.port) })),
  );
  const busy = looked.filter(({ why }) => why !== null);
  if (busy.length === 0) return [];
  const holdersOfEach = await listenersOnEach(busy.map(({ port }) => port));
  const conflicts = await Promise.all(
    busy.map(async ({ service, port, why }, at) => {
      if (why === 'not-permitted') return [{ service, port, holder: 'the system, for privileged users only' }];
      const holders = holdersOfEach[at] ?? [];
      const foreign = holders.filter((pid) => !ours.pids.has(pid));
      // Where nobody is seen to listen, a port that could not be taken is somebody else's; that of a running service is free for it.
      if (foreign.length === 0 && (holders.length > 0 || why === 'listener')) return [];
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

/** Our processes, recorded or not, and which services run on the ports that they are asked for with. */
const ourProcesses = async ({ layout, records, services }: { layout: Layout; records: Records; services: readonly PortUser[] }) => {
  const [recorded, found, partner] = await Promise.all([
    records.read(),
    Promise.all(
      SERVICES.map(async (service) => ({ service, processes: services.includes(service) ? await records.processes(service) : [] })),
    ),
    services.includes('partner') ? partnerProcesses(layout) : [],
  ]);
  const isHere = async ({ service, processes }: (typeof found)[number]): Promise<boolean> => {
    const { [service]: record } = recorded;
    if (record === undefined || !(await isAlive(record))) return processes.length > 0;
    return record.port === portsOfService(layout.ports, service)[0];
  };
  const running = await Promise.all(found.map(async (each) => ((await isHere(each)) ? [each.service] : [])));
  return {
    pids: new Set([...found.flatMap(({ processes }) => processes.map(({ pid }) => pid)), ...partner]),
    services: new Set<PortUser>([...running.flat(), ...(partner.length > 0 ? (['partner'] as const) : [])]),
  };
};
