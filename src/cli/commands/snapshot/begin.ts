import { findSnapshot } from '#stack/snapshot/store.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import type { BEGIN_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';

/**
 * The context of a command that begins a stack, with the snapshot that its flag names: one of the state folder of the project, or a folder.
 *
 * @throws AppError as `findSnapshot`
 */
export const beginning = async <C extends CommandContext<ValuesOf<typeof BEGIN_FLAGS>>>(context: C): Promise<C> => {
  const { flags, settings } = context;
  return flags.snapshot === undefined ? context : { ...context, snapshot: await findSnapshot(settings.stateDir, flags.snapshot) };
};
