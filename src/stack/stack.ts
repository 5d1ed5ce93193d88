import type { PartName, PortUser, ServiceName } from '#engine/engine.ts';
import type { RemovedImages, StackEngine } from '#engine/stack-engine.ts';
import type { Result } from '#infra/apperr/result.ts';

/**
 * A stack as a program handles it, the CLI or a test suite: it opens the stack of a state folder, uses its engine, and takes it down
 * or lets go of it. This room reads no arguments and writes to no terminal: options come in, and remarks go to callbacks. It sees
 * the engines and `infra`; a demo runs on a stack and does not see this room.
 *
 *     await using stack = await openStack({ stateDir, purpose: 'start', holder: 'my suite', env: process.env });
 *
 * `openStack` walks: defaults (stack-options.ts) → lock of the state folder → records of earlier starts (record/) → choice of the
 * engine (engine/) → Stack.
 */
export interface Stack extends AsyncDisposable {
  readonly engine: StackEngine;
  /**
   * Makes sure that these services, and the second Identity, may be started.
   *
   * @throws AppError `port-taken`, each port named with its holder
   */
  checkPorts(users: readonly PortUser[]): Promise<void>;
  /** The id under which `recordStart` leaves word of this start. */
  readonly startId: string;
  /** Leaves word of a start, so that later commands find the stack without being told its ports. */
  recordStart(): Promise<void>;
  /** Takes that word back, for a start of which nothing stays: what was recorded before counts again. */
  forgetStart(): Promise<void>;
  /** Everything that there is of this stack: files and folders, absolute, and `volume <name>`. */
  contents(): Promise<readonly string[]>;
  /** Removes the images that were built from this code, unless a container uses them. */
  removeImages(): Promise<Result<RemovedImages>>;
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
