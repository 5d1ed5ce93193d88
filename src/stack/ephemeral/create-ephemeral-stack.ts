import { randomUUIDv7 } from 'node:crypto';
import { join } from 'node:path';
import type { PartName } from '#engine/engine.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import type { Result } from '#infra/apperr/result.ts';
import { once } from '#infra/cache/once.ts';
import { claimFreePorts } from '#stack/claims/free-ports.ts';
import { type Held, holdFolder } from '#stack/claims/user-folder.ts';
import { openStack } from '../open-stack.ts';
import { portsFrom } from '../ports.ts';
import type { Snapshot } from '#stack/snapshot/format/snapshot.ts';
import type { Stack } from '../stack.ts';
import type { StackOptions } from '../stack-options.ts';
import { reapAbandonedStacks, STACKS } from './reap-abandoned-stacks.ts';
import { removeStack } from './remove-stack.ts';

export interface EphemeralStackOptions extends Omit<StackOptions, 'stateDir' | 'purpose' | 'holder' | 'owner'> {
  /** The work of this process, for example `exec`. */
  readonly holder: string;
}

/**
 * A stack that ends with its owner, this process: a state folder of its own among the temporary files, on free ports unless others are
 * stated. While the owner lives it holds a lease, which is the lock of the folder around the state folder. When it was killed, the next
 * command that starts something ends the stack and removes it (`reapAbandonedStacks`).
 *
 *     await using ephemeral = await createEphemeralStack({ holder: 'my suite', env: process.env });
 *     {
 *       await using stack = await ephemeral.open();
 *       await stack.recordStart();
 *       … bring it up with stack.engine …
 *     }
 *     … use it …
 *
 * Nothing runs and nothing is on the disk but an empty folder until `open`. Disposing ends the stack; what fails then is thrown.
 */
export interface EphemeralStack extends AsyncDisposable {
  /** Absolute. */
  readonly stateDir: string;
  /**
   * Opens it for a start; whoever disposes of that lets go of the lock of its state folder and leaves the services as they are.
   *
   * @param snapshot begins it with these data; as the option of `openStack`
   */
  open(snapshot?: Snapshot): Promise<Stack>;
  /**
   * Ends the services, removes their data and the state folder; called again, it answers the same. What could not be ended is left to the
   * next reaping.
   *
   * @param hurry kills instead of waiting when it aborts
   */
  end(hurry: AbortSignal): Promise<Result<readonly PartName[]>>;
}

/** How long a command that works on the stack at its end is waited for, milliseconds. */
const PATIENCE_MS = 5_000;

/**
 * Makes the folder of a stack and claims its ports; ends stacks whose owners are gone first.
 *
 * @throws AppError `temporary-folder-unusable`, `no-free-ports`, `state-folder-unusable`
 */
export const createEphemeralStack = async (options: EphemeralStackOptions): Promise<EphemeralStack> => {
  const { holder, env, now, warn, ports = 'free' } = options;
  await reapAbandonedStacks(options);
  await using opened = new AsyncDisposableStack();
  const lease = opened.use(await takeLease(holder));
  const stated = ports === 'free' ? portsFrom(opened.use(await claimFreePorts({ holder })).base) : ports;
  const stateDir = join(lease.path, 'state');
  const resources = opened.move();
  const remarks = { env, ...(now === undefined ? {} : { now }), ...(warn === undefined ? {} : { warn }) };
  let hurry = new AbortController().signal;
  const end = once(async () => {
    const removed = await removeStack({ stateDir, holder, ...remarks, hurry, patienceMs: PATIENCE_MS });
    await resources.disposeAsync();
    return removed;
  });
  return {
    stateDir,
    open: (snapshot = options.snapshot) =>
      openStack({
        ...options,
        ...(snapshot === undefined ? {} : { snapshot }),
        stateDir,
        ports: stated,
        purpose: 'start',
        owner: 'process',
      }),
    end: (wanted) => {
      hurry = wanted;
      return end();
    },
    [Symbol.asyncDispose]: async () => void orThrow(await end()),
  };
};

/** A folder that nobody has yet: a reaping may look at a new one before its owner has locked it. */
const takeLease = async (holder: string): Promise<Held> => {
  for (;;) {
    const held = await holdFolder({ of: [STACKS, randomUUIDv7()], holder });
    if (held.ok || held.error.code !== 'lock-held') return orThrow(held);
  }
};
