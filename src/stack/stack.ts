import type { Engine, PartName, Profile, ServiceName } from '#engine/engine.ts';
import type { Result } from '#infra/apperr/result.ts';

/**
 * A stack as a program handles it, the CLI or a test suite: which engine runs it, who holds its state folder, what was recorded of
 * its last start, how it is taken down. This room reads no arguments and writes to no terminal: options come in, and what happens
 * beside the result goes to callbacks. It sees the engines and `infra`; the demo, which runs on a stack, does not see it.
 *
 * `openStack` walks: lock of the state folder → what earlier runs left there (record/) → choice of the engine (engine/) → Stack.
 */
export interface Stack extends AsyncDisposable {
  readonly engine: Engine;
  /**
   * Makes sure that these services may be started.
   *
   * @throws AppError `port-taken`, each port named with its holder
   */
  checkPorts(services: readonly ServiceName[]): Promise<void>;
  /** Leaves word of a start, so that later commands find the stack without being told its ports. */
  recordStart(): Promise<void>;
  /** Stops services in bounded time; a stack that was opened with the purpose `remove` also ends what its folder has on the other engine. */
  tearDown(options: TearDownOptions): Promise<Result<readonly PartName[]>>;
}

export interface TearDownOptions {
  /** All services when not given. */
  readonly services?: readonly ServiceName[];
  /** Their data goes, too. */
  readonly volumes: boolean;
  /** Kills instead of waiting when it aborts. */
  readonly hurry: AbortSignal;
}

/** Which stack: everything that a caller may state. */
export interface StackOptions {
  /** The folder of everything that the stack keeps; absolute. */
  readonly stateDir: string;
  /** An engine that is named is never replaced by another; `auto` keeps the one of the stack that is there, else takes the best. */
  readonly engine: 'auto' | Engine['kind'];
  /** Public ports as stated; the others are those of the last start where a stack is looked for, else the defaults. */
  readonly ports: Partial<StackPorts>;
  readonly profile: Profile;
  /** `start` brings something up; `find` looks for what was brought up; `remove` also takes away what both engines share. */
  readonly purpose: 'start' | 'find' | 'remove';
  /**
   * What this process is doing, for whoever finds the state folder locked, for example `demo all`; the lock is held until the stack
   * is disposed of. Without it no lock is taken, and the stack may be looked at only.
   */
  readonly holder?: string;
  /** `process`: nobody needs the stack when this process is dead; `state-folder`: it stays until somebody takes it down. */
  readonly owner: 'process' | 'state-folder';
  /** Where Docker's settings are read from, such as DOCKER_HOST. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Ends the search for an engine. */
  readonly signal: AbortSignal;
  /** Told of damage that was found and repaired, and of what stays behind. */
  readonly warn: (text: string) => void;
  /** Told once, before images are built or pulled, which takes a minute or two. */
  readonly onImagesMissing: () => void;
}

export interface StackPorts {
  readonly kms: number;
  readonly identity: number;
}
