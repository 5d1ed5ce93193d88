import { lookAtCertificates } from '#engine/files/look-at-certificates.ts';
import { type PortConflict, type PortUser, SERVICES, type ServiceName, type ServiceStatus } from '#engine/engine.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import type { TlsStoreState } from '#infra/tls/authority/look-at-store.ts';
import { openStack } from './open-stack.ts';
import { readLastStart } from './record/last-start.ts';
import { type StackOptions, withDefaults } from './stack-options.ts';

/** A stack as a start would find it. */
export interface StackOutlook extends AsyncDisposable {
  /** The engine that a start would take; nothing may be changed through it. */
  readonly engine: StackEngine;
  readonly services: readonly ServiceOutlook[];
  /** Names of the images that are missing; null where none are needed. */
  readonly missingImages: readonly string[] | null;
  readonly certificates: TlsStoreState;
  /** Servers whose data is there. */
  readonly data: readonly ('identity' | 'kms')[];
}

export interface ServiceOutlook {
  readonly service: ServiceName;
  readonly state: ServiceStatus['state'];
  /** None where the start chooses free ones. */
  readonly ports: readonly { readonly port: number; /** Somebody else who has it, in words. */ readonly holder: string | null }[];
}

export interface OutlookOptions extends Omit<StackOptions, 'purpose' | 'holder'> {
  /** The services that a start would bring up, and the second Identity where a step starts that. */
  readonly of: readonly PortUser[];
}

/**
 * Looks at all that a start would look at, and starts, makes and changes nothing; no state folder is made.
 *
 * @throws AppError as `openStack`
 */
export const lookAhead = async ({ of, ...stated }: OutlookOptions): Promise<StackOutlook> => {
  const { stateDir, ports, hosts, now } = withDefaults({ ...stated, purpose: 'look' });
  await using opened = new AsyncDisposableStack();
  const { engine } = opened.use(await openStack({ ...stated, purpose: 'look' }));
  const services = SERVICES.filter((service) => of.includes(service));
  const last = await readLastStart(stateDir);
  const [statuses, conflicts, missingImages, certificates, identity, kms] = await Promise.all([
    engine.status(),
    engine.portConflicts(of),
    engine.missingImages(services),
    lookAtCertificates({ stateDir, hosts: hosts ?? last.hosts, now }),
    engine.holdsData('identity'),
    engine.holdsData('kms'),
  ]);
  // The second Identity is no service of the stack: its port is told with those of the first.
  const portsOf = (service: ServiceName): readonly number[] => [
    ...engine.portsOf(service),
    ...(service === 'identity' && of.includes('partner') ? engine.portsOf('partner') : []),
  ];
  const resources = opened.move();
  return {
    engine,
    services: services.map((service) => ({
      service,
      state: statuses.find((each) => each.service === service)?.state ?? 'absent',
      ports: (ports === 'free' ? [] : portsOf(service)).map((port) => ({ port, holder: holderOf(port, conflicts) })),
    })),
    missingImages,
    certificates,
    data: [...(identity ? (['identity'] as const) : []), ...(kms ? (['kms'] as const) : [])],
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};

const holderOf = (port: number, conflicts: readonly PortConflict[]): string | null =>
  conflicts.find((conflict) => conflict.port === port)?.holder ?? null;
