import type { ServiceName } from '#engine/engine.ts';
import { SERVICES } from '#engine/engine.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { createEphemeralStack } from '#stack/ephemeral/create-ephemeral-stack.ts';
import { reapAbandonedStacks } from '#stack/ephemeral/reap-abandoned-stacks.ts';
import { openStack } from '#stack/open-stack.ts';
import type { Stack } from '#stack/stack.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runningParts } from '#cli/context/running-services.ts';
import { stackOptions } from '#cli/context/stack-options.ts';

/** The stack that a program is to run against: where it is, and how it is left as it was found. */
export interface Place {
  readonly stateDir: string;
  /** For a start; its lock is held until it is disposed of. */
  open(): Promise<Stack>;
  /** Ends what was started since `open`; the stack that it gave is disposed of by then. */
  leave(): Promise<Result<unknown>>;
}

/** Nobody needs anything of it any more. */
const AT_ONCE = AbortSignal.abort();

/**
 * A stack of this command's own, beside which any number of others may be: on free ports, whatever the settings say of a stack that
 * stays, unless a flag says where.
 */
export const ownPlace = async (context: CommandContext, { arePortsStated }: { readonly arePortsStated: boolean }): Promise<Place> => {
  const options = stackOptions(context);
  const ephemeral = await createEphemeralStack({
    ...options,
    ports: arePortsStated ? (options.ports ?? 'free') : 'free',
    holder: context.command,
  });
  return { stateDir: ephemeral.stateDir, open: ephemeral.open, leave: () => ephemeral.end(AT_ONCE) };
};

/**
 * The stack of a state folder that was stated: services that run go on running, and the others run as long as the program. Data that was
 * there stays; where there was none, none is left.
 */
export const statedPlace = async (context: CommandContext): Promise<Place> => {
  const { command: holder, settings, interrupts } = context;
  const options = { ...stackOptions(context), holder };
  await reapAbandonedStacks(options);
  let before: { readonly services: readonly ServiceName[]; readonly hadData: boolean } | null = null;
  return {
    stateDir: settings.stateDir,
    open: async () => {
      await using opened = new AsyncDisposableStack();
      const stack = opened.use(await openStack({ ...options, purpose: 'start' }));
      const [parts, hadData] = [await runningParts(stack.engine), await stack.engine.hasData()];
      before = { services: SERVICES.filter((service) => parts.includes(service)), hadData };
      opened.move();
      return stack;
    },
    leave: async () => {
      const services = SERVICES.filter((service) => before?.services.includes(service) === false);
      if (services.length === 0) return ok([]);
      await using stack = await openStack({ ...options, purpose: 'find' });
      return await stack.tearDown({ services, volumes: before?.hadData === false, hurry: interrupts.second });
    },
  };
};
