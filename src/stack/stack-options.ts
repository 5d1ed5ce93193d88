import type { Engine, Profile } from '#engine/engine.ts';
import type { Snapshot } from './snapshot/format/snapshot.ts';

/** The stack that a caller means, and its purpose: everything that may be stated. */
export interface StackOptions {
  /** The folder of everything that the stack keeps; absolute. */
  readonly stateDir: string;
  /**
   * An engine that is named is never replaced by another; `auto`, the default, keeps the one of the stack that is there, else takes
   * Docker where it can be had, else the embedded one.
   */
  readonly engine?: 'auto' | Engine['kind'];
  /**
   * Public ports as stated; the others are those of the last start, else the usual ones. `free`, for a start: ports that follow one
   * another and that nobody has; those of the last start, where they are such.
   */
  readonly ports?: Partial<StackPorts> | 'free';
  /** Further names and addresses of the public servers, as stated; else those of the last start. */
  readonly hosts?: readonly string[] | undefined;
  /** As stated; else that of the last start, else `demo`. */
  readonly profile?: Profile;
  /**
   * `start` brings something up; `look` chooses as a start does, and makes and removes nothing; `find` looks for what was brought up;
   * `remove` also takes away what both engines share.
   */
  readonly purpose: 'start' | 'look' | 'find' | 'remove';
  /**
   * The work of this process, for another one that finds the state folder locked, for example `demo all`; the lock is held until
   * the stack is disposed of. Without it no lock is taken, and nothing may be changed.
   */
  readonly holder?: string;
  /** `process`: nobody needs the stack when this process is dead; `state-folder`, the default: it stays until it is taken down. */
  readonly owner?: 'process' | 'state-folder';
  /**
   * Begins the stack with the data of a snapshot, on the engine that it is of, in a folder that has no stack yet: nothing has to be made
   * but certificates for names that it had not, no migration runs and nothing is seeded. Any number of stacks may begin with one snapshot,
   * each in a folder and on ports of its own; all have the CA of the one that was saved.
   */
  readonly snapshot?: Snapshot;
  /** Variables that say where Docker is, such as DOCKER_HOST. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Ends the search for an engine. */
  readonly signal?: AbortSignal;
  /** Hears of damage that was found and repaired, and of what stays behind. */
  readonly warn?: (text: string) => void;
  /** Called once, before images are built or pulled, which takes a minute or two. */
  readonly onImagesMissing?: () => void;
}

export interface StackPorts {
  readonly kms: number;
  readonly identity: number;
  /** From a public port to the next listener of the same service; 1000, or 2 where all ports follow one another. */
  readonly step: number;
}

type Unstated = 'holder' | 'hosts' | 'profile' | 'snapshot';

/** The options with their defaults, but for what the last start tells. */
export type FullStackOptions = Required<Omit<StackOptions, Unstated>> & Pick<StackOptions, Unstated>;

export const withDefaults = (options: StackOptions): FullStackOptions => ({
  engine: 'auto',
  ports: {},
  owner: 'state-folder',
  now: Date.now,
  signal: new AbortController().signal,
  warn: () => undefined,
  onImagesMissing: () => undefined,
  ...options,
});
