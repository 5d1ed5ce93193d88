import { AppError, unreachable } from '#infra/apperr/app-error.ts';
import type { Result } from '#infra/apperr/result.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';
import type { PartName, ServiceName } from '../engine.ts';
import type { Fault, FaultDoor } from '../fault-door.ts';
import { expireLeaf } from './expired-leaf.ts';
import { faultRecord } from './fault-record.ts';
import { filesAside } from './files-aside.ts';
import { shareFiles, writeForeignShares } from './share-files.ts';

/** The part of a fault door that each engine does in its own way: it acts on processes or containers at once, and writes nothing down. */
export interface FaultMeans {
  /** Ends it by SIGKILL; answers when it is gone. */
  kill(part: PartName): Promise<void>;
  freeze(part: PartName): Promise<void>;
  /** One that runs already stays as it is. */
  thaw(part: PartName): Promise<void>;
  /** Asks it to end, and kills it after the grace period; answers when it is gone. */
  stop(part: PartName): Promise<void>;
  start(part: PartName): Promise<Result<unknown>>;
  /** Certificates, secrets and configuration as a start would make them. */
  prepare(): Promise<void>;
  /** A disk of its own for the data of a service, without one free block; null where the engine cannot have one. */
  readonly fullDisk: ReversibleFault<ServiceName> | null;
  /** A clock of its own for a service; null where the engine cannot have one. */
  readonly clock: ReversibleFault<{ readonly service: ServiceName; readonly seconds: number }> | null;
  /** Why there is no such part, no such disk, no such clock. */
  readonly lacks: { readonly part: (part: PartName) => string | null; readonly fullDisk: string; readonly clock: string };
}

/** A fault that an engine inflicts and takes back as a whole. */
export interface ReversibleFault<T> {
  whyNot(): Promise<string | null>;
  inflict(what: T): Promise<void>;
  /** Takes it back, wherever an earlier process was interrupted; the service has ended then. */
  takeBack(what: T): Promise<void>;
}

/** The fault door of an engine: faults are written down, then inflicted by the means of the engine, and taken back in one order. */
export const createFaultDoor = (options: {
  readonly kind: 'embedded' | 'docker';
  readonly folder: StateFolder;
  readonly hosts: readonly string[];
  readonly means: FaultMeans;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): FaultDoor => {
  const { kind, folder, hosts, means, now } = options;
  const record = faultRecord(folder, kind);
  const aside = filesAside(folder);

  const whyNot: FaultDoor['whyNot'] = async (fault) => {
    switch (fault.kind) {
      case 'killed':
      case 'frozen':
      case 'stopped':
        return means.lacks.part(fault.part);
      case 'disk-full':
        return means.fullDisk === null ? means.lacks.fullDisk : means.fullDisk.whyNot();
      case 'clock-stepped':
        return means.clock === null ? means.lacks.clock : means.clock.whyNot();
      case 'certificate-expired':
      case 'shares-lost':
      case 'shares-foreign':
        return null;
      default:
        return unreachable(fault);
    }
  };

  const apply = async (fault: Fault): Promise<void> => {
    switch (fault.kind) {
      case 'killed':
        return means.kill(fault.part);
      case 'frozen':
        return means.freeze(fault.part);
      case 'stopped':
        return means.stop(fault.part);
      case 'certificate-expired':
        return expireLeaf({ folder, service: fault.service, hosts, now });
      case 'shares-lost':
      case 'shares-foreign': {
        const shares = await shareFiles(folder);
        await aside.take(shares.map(({ file }) => file));
        return fault.kind === 'shares-foreign' ? writeForeignShares(shares) : undefined;
      }
      case 'disk-full':
        return means.fullDisk?.inflict(fault.service);
      case 'clock-stepped':
        return means.clock?.inflict(fault);
      default:
        return unreachable(fault);
    }
  };

  const takeBack = async (fault: Fault): Promise<void> => {
    switch (fault.kind) {
      case 'killed':
      case 'stopped':
        return;
      case 'frozen':
        return means.thaw(fault.part);
      case 'certificate-expired':
        return means.prepare();
      case 'shares-lost':
      case 'shares-foreign':
        await aside.putBack();
        // One that has just been started may still go by those that it found.
        return means.kill('kms');
      case 'disk-full':
        return means.fullDisk?.takeBack(fault.service);
      case 'clock-stepped':
        return means.clock?.takeBack(fault);
      default:
        return unreachable(fault);
    }
  };

  let last: Promise<unknown> = Promise.resolve();
  /** One after the other: an interrupted drill may still be breaking something when its command repairs. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    // A fault that could not be inflicted is its caller's to tell; the next one still gets its turn.
    last = done.catch(() => undefined);
    return done;
  };

  return {
    whyNot,
    inflict: (fault) =>
      inTurn(async () => {
        const why = await whyNot(fault);
        if (why !== null) throw new AppError('fault-not-possible', 500, `this fault is not possible here: ${why}`);
        if ((fault.kind === 'shares-lost' || fault.kind === 'shares-foreign') && (await aside.areAway())) {
          throw new AppError('shares-still-away', 409, 'unseal shares of an earlier fault are still away', {
            fix: 'The next drill, demo, reset-demo or down puts them back.',
          });
        }
        await record.add(fault);
        await apply(fault);
      }),
    thaw: means.thaw,
    start: means.start,
    inflicted: record.read,
    repair: () =>
      inTurn(async () => {
        const faults = await record.read();
        // The last one first: a later one may lie on an earlier one.
        for (const fault of faults.toReversed()) await takeBack(fault);
        if (faults.length > 0) await record.clear();
        return faults;
      }),
  };
};
