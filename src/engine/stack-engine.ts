import type { Result } from '#infra/apperr/result.ts';
import type { Engine, PartName, PortUser, ServiceName } from './engine.ts';
import type { FaultDoor } from './fault-door.ts';

/** An engine as commands handle it: they show its logs, find out what an earlier run left, and take the stack down. */
export interface StackEngine extends Engine {
  /** Whether an earlier run left data here that is to be found again. */
  hasData(): Promise<boolean>;
  /** Log lines, oldest first; ends at the end of the file unless `follow`. */
  logs(
    part: PartName,
    options: { readonly tail?: number; readonly follow?: boolean; readonly signal?: AbortSignal },
  ): AsyncIterable<string>;
  /** Stops services and their databases in reverse order; `volumes` also removes data and state. Bounded: kills after the grace period. */
  down(options: {
    readonly services?: readonly ServiceName[];
    readonly volumes: boolean;
    readonly signal?: AbortSignal;
  }): Promise<Result<readonly PartName[]>>;
  /** The door by which drills break it. */
  readonly faults: FaultDoor;
  /** Names of the volumes that hold data of this stack; none where its data are files. */
  volumes(): Promise<readonly string[]>;
  /** Ports of this machine on which a service, or the second Identity, listens, the public one first. */
  portsOf(user: PortUser): readonly number[];
  /** Names of the images that these services need and that would have to be built or pulled first; null where none are needed. */
  missingImages(services: readonly ServiceName[]): Promise<readonly string[] | null>;
  /** The databases of KMS and Identity as files. */
  readonly databases: DatabaseFiles;
  /** The images that the parts of this stack run from, by the id of their content; none where they are processes. */
  imagesInUse(): Promise<readonly { readonly part: string; readonly image: string; readonly id: string }[]>;
  /** Removes the images that were built from this code, unless a container uses them. */
  removeImages(): Promise<Result<RemovedImages>>;
}

/** The servers that have databases, and the folders of a copy of these. Telemetry is no data of a stack. */
export const DATABASE_PARTS = ['identity', 'kms'] as const;

/**
 * The databases of KMS and Identity, in a folder of files and out of it: all of them, as they were at one moment. The caller holds the lock
 * of the state folder. A file of one engine means nothing to another.
 */
export interface DatabaseFiles {
  /**
   * Copies them into an empty folder, on the disk when this returns. The services may run.
   *
   * @returns for how many milliseconds somebody who writes may have had to wait, and whether the services were stopped meanwhile
   */
  copyTo(folder: string, signal: AbortSignal): Promise<Result<{ readonly heldMs: number; readonly stopped: boolean }>>;
  /** Moves them into an empty folder; the services do not run. */
  moveTo(folder: string, signal: AbortSignal): Promise<Result<null>>;
  /**
   * Moves those of a folder into the place of all that are there; the services do not run. It may be called again after it was cut off: a
   * part that the folder has no more is in its place.
   */
  takeFrom(folder: string, signal: AbortSignal): Promise<Result<null>>;
}

/** A thing that stays where others were removed. */
export interface Kept {
  readonly what: string;
  readonly why: string;
}

export interface RemovedImages {
  readonly removed: readonly string[];
  readonly kept: readonly Kept[];
}
