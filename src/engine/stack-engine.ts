import type { Result } from '#infra/apperr/result.ts';
import type { Engine, PartName, ServiceName } from './engine.ts';

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
  /** Names of the volumes that hold data of this stack; none where its data are files. */
  volumes(): Promise<readonly string[]>;
  /** Names of the images that these services need and that would have to be built or pulled first; null where none are needed. */
  missingImages(services: readonly ServiceName[]): Promise<readonly string[] | null>;
  /** Removes the images that were built from this code, unless a container uses them. */
  removeImages(): Promise<Result<RemovedImages>>;
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
