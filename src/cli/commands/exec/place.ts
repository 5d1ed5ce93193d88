import type { Result } from '#infra/apperr/result.ts';
import { createEphemeralStack } from '#stack/ephemeral/create-ephemeral-stack.ts';
import type { Stack } from '#stack/stack.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
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
