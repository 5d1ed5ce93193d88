import { rm } from 'node:fs/promises';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { type PortUser, type Profile, SERVICES, type ServiceName } from '../engine.ts';
import type { StackEngine } from '../stack-engine.ts';
import { logFilesOf, readLines } from './children/log-lines.ts';
import { endPartner, startPartner } from './children/partner.ts';
import { createRecords } from './children/process-records.ts';
import { serviceOf } from './children/service-of.ts';
import { createSupervisor } from './children/supervisor.ts';
import { attempt } from '../attempt.ts';
import { isFilled, removeState } from '#engine/state/state-folder.ts';
import { createFaultDoor } from '#engine/faults/create-fault-door.ts';
import { demoTenants } from '#engine/files/demo-tenants.ts';
import { databaseFiles } from './files/database-files.ts';
import { type Prepared, prepare } from './files/prepare.ts';
import { layoutOf } from './files/layout.ts';
import { embeddedFaults } from './faults/embedded-faults.ts';
import { findPortConflicts } from './port-conflicts.ts';
import { portsOfService, portTaken } from '../ports.ts';

export interface EmbeddedEngineOptions {
  /** Folder for everything that this stack keeps, `.passthru` by convention. */
  readonly stateDir: string;
  readonly portKms: number;
  readonly portIdentity: number;
  /** From a public port to the next listener of the same service; by default a thousand. */
  readonly portStep?: number;
  readonly profile: Profile;
  /** Further names and addresses of the public servers. */
  readonly hosts?: readonly string[];
  /** Folder of our package.json. */
  readonly packageRoot: string;
  /** Start the servers with `--demo`. */
  readonly demoSeed: boolean;
  /** Milliseconds that a service has to end its requests and write its data before it is killed; longer than its own limit for that. */
  readonly stopGraceMs?: number;
  /** Why this engine and no other, one clause. */
  readonly reason?: string;
  /** Whether Docker would have been taken, and cannot be had. */
  readonly isFallback?: boolean;
  /** Called with damage that was found and repaired. */
  readonly warn?: (text: string) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/**
 * The stack as processes of this machine: Telemetry, Identity and KMS on SQLite, detached, so that they stay when the CLI ends.
 * The caller of what changes something (prepare, up, down, demoTenants with an option) holds the lock of the state folder.
 */
export const createEmbeddedEngine = (options: EmbeddedEngineOptions): StackEngine => {
  const { demoSeed, stopGraceMs = 8_000, warn = () => {}, now = Date.now } = options;
  const { reason = 'Node processes and SQLite on this machine', isFallback = false } = options;
  const layout = layoutOf(options);
  const records = createRecords(layout, { warn, now });
  const supervisor = createSupervisor({ layout, records, demoSeed, stopGraceMs, now, warn });
  let prepared: Promise<Result<Prepared>> | undefined;

  const portConflicts = (services: readonly PortUser[]) => findPortConflicts({ layout, records, services });

  const prepareAnew = (signal: AbortSignal): Promise<Result<Prepared>> => (prepared = prepare({ layout, demo: demoSeed, signal, warn }));

  /**
   * Removes the data of these services; of all services also certificates, secrets and configuration, and nothing that others put there.
   */
  const removeData = async (services: readonly ServiceName[]): Promise<void> => {
    const { folder } = layout;
    const all = SERVICES.every((service) => services.includes(service));
    await records.settled();
    if (all) await removeState(folder, { docker: false });
    else await Promise.all(services.map((service) => rm(layout.data(service), { recursive: true, force: true })));
    if (all) prepared = undefined;
  };

  return {
    kind: 'embedded',
    parts: SERVICES,
    profile: options.profile,
    reason,
    isFallback,
    portConflicts,
    holdsData: (server) => isFilled(layout.data(server)),
    hasData: async () => (await isFilled(layout.folder.data)) || isFilled(layout.folder.docker),
    prepare: async (signal) => {
      const result = await prepareAnew(signal);
      return result.ok ? ok(result.value.tls) : result;
    },
    up: (service, signal) =>
      attempt('start-failed', `starting ${service}`, async () => {
        const ready = await (prepared ?? prepareAnew(signal));
        if (!ready.ok) return ready;
        const [conflict] = await portConflicts([service]);
        if (conflict !== undefined) return portTaken(conflict);
        return supervisor.start(service, ready.value.hashes[service], signal);
      }),
    openPartner: (signal) =>
      attempt('start-failed', 'starting the second Identity', async () => {
        const ready = await (prepared ?? prepareAnew(signal));
        return ready.ok ? startPartner(layout) : ready;
      }),
    endpoints: () => layout.endpoints,
    watch: supervisor.watch,
    status: supervisor.status,
    diagnose: (part) => supervisor.diagnose(serviceOf(part)),
    logs: (part, following) => readLines(logFilesOf(layout, serviceOf(part)), following),
    down: ({ services = SERVICES, volumes, signal }) =>
      attempt('stop-failed', 'stopping the services', async () => {
        const stop = async (service: ServiceName): Promise<readonly ServiceName[]> =>
          services.includes(service) && (await supervisor.stop(service, signal)) ? [service] : [];
        // The servers side by side, each answers what is under way; then telemetry, which hears of it. The partner is of a run that was killed.
        const partner = services.includes('identity') ? endPartner(layout) : undefined;
        const [kms, identity] = await Promise.all([stop('kms'), stop('identity'), partner]);
        const telemetry = await stop('telemetry');
        if (volumes) await removeData(services);
        return ok([...kms, ...identity, ...telemetry]);
      }),
    databases: databaseFiles(layout),
    faults: createFaultDoor({
      kind: 'embedded',
      folder: layout.folder,
      hosts: layout.hosts,
      means: embeddedFaults({
        layout,
        records,
        supervisor,
        prepare: async () => void orThrow(await prepareAnew(new AbortController().signal)),
      }),
      now,
    }),
    volumes: () => Promise.resolve([]),
    portsOf: (service) => portsOfService(layout.ports, service),
    missingImages: () => Promise.resolve(null),
    imagesInUse: () => Promise.resolve([]),
    removeImages: () => {
      const why = 'this stack was not on Docker, so none was looked for; --engine docker removes those that no container uses';
      return Promise.resolve(ok({ removed: [], kept: [{ what: 'images', why }] }));
    },
    demoTenants: (change = {}) => demoTenants(layout.tenantsFile, { ...change, warn }),
    telemetryRecords: async function* (kind, looking) {
      const { readRecords } = await import('./otlp-sink/records.ts');
      yield* readRecords(layout.data('telemetry'), kind, looking);
    },
    [Symbol.asyncDispose]: async () => {
      // The services go on; only what this process was about to write is waited for.
      supervisor.letGo();
      await records.settled();
    },
  };
};
