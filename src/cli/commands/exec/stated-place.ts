import { SERVICES, type ServiceName } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { ok } from '#infra/apperr/result.ts';
import { reapAbandonedStacks } from '#stack/ephemeral/reap-abandoned-stacks.ts';
import { lockStateFolder, type LockOptions } from '#stack/lock.ts';
import { openStack } from '#stack/open-stack.ts';
import { readStackRecord, type StackRecord, writeStackRecord } from '#stack/record/stack-record.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runningParts } from '#cli/context/running-services.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { Place } from './place.ts';

type Recorded = StackRecord | 'damaged' | null;

/** The stack as it was found, and the id under which this command started it. */
interface Found {
  /** The services that ran. */
  readonly services: readonly ServiceName[];
  readonly hadData: boolean;
  readonly record: Recorded;
  readonly startId: string;
}

/**
 * The stack of a state folder that was stated: services that run go on running, and the others run as long as the program. Data that was
 * there stays; where there was none, none is left. The lock is not held while the program runs: a stack that another command started
 * meanwhile (`up`, another `exec`) is that command's, and is left as it is.
 */
export const statedPlace = async (context: CommandContext): Promise<Place> => {
  const { command, settings, interrupts, printer } = context;
  const { stateDir } = settings;
  const options = { ...stackOptions(context), holder: command };
  await reapAbandonedStacks(options);
  let found: Found | null = null;
  return {
    stateDir,
    open: async () => {
      await using opened = new AsyncDisposableStack();
      const stack = opened.use(await openStack({ ...options, purpose: 'start' }));
      const parts = await runningParts(stack.engine);
      // A stack is begun with a snapshot only where there was none.
      const hadData = options.snapshot === undefined && (await stack.engine.hasData());
      const services = SERVICES.filter((service) => parts.includes(service));
      found = { services, hadData, record: await readStackRecord(stateDir), startId: stack.startId };
      opened.move();
      return stack;
    },
    leave: async () => {
      const before = found;
      if (before === null) return ok([]);
      const services = SERVICES.filter((service) => !before.services.includes(service));
      if (services.length === 0) {
        await handBackUnlessLocked(options, before);
        return ok([]);
      }
      await using stack = await openStack({ ...options, purpose: 'find' });
      if (await wasTakenOver(stateDir, before)) {
        const down = context.printedCommand('down');
        printer.remark(`passthru ${command}: another command started this stack meanwhile, so it stays as it is; \`${down}\` ends it`);
        return ok([]);
      }
      const left = await stack.tearDown({ services, volumes: !before.hadData, hurry: interrupts.second });
      if (left.ok && before.hadData) await handBack(stateDir, before);
      return left;
    },
  };
};

const idOf = (record: Recorded): string | undefined => (record === null || record === 'damaged' ? undefined : record.startId);

/** Whether another start was recorded since. This one was not where something was in its way, and then that of before is still there. */
const wasTakenOver = async (stateDir: string, { record, startId }: Found): Promise<boolean> => {
  const recorded = await readStackRecord(stateDir);
  return recorded !== null && (recorded === 'damaged' || ![startId, idOf(record)].includes(recorded.startId));
};

/** From here on the stack is that of the start before this one again: of an `exec`, for example, whose program called this one. */
const handBack = async (stateDir: string, { record, startId }: Found): Promise<void> => {
  const recorded = await readStackRecord(stateDir);
  if (recorded === null || recorded === 'damaged' || recorded.startId !== startId) return;
  await writeStackRecord({ ...recorded, startId: idOf(record) });
};

/** A command that has the lock keeps nobody waiting for this: the stack then stays where it could have been ended. */
const handBackUnlessLocked = async (options: LockOptions, found: Found): Promise<void> => {
  try {
    await using _lock = await lockStateFolder(options);
    await handBack(options.stateDir, found);
  } catch (thrown) {
    if (!(thrown instanceof AppError && thrown.code === 'lock-held')) throw thrown;
  }
};
