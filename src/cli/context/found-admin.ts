import { type AdminOfStack, adminOfStack } from '#stack/admin-of-stack.ts';
import type { CliProcess } from '#cli/process/cli-process.ts';
import { resolveSettings } from '#cli/settings/resolve-settings.ts';

/**
 * The admin listeners of the stack of a state folder, without one of that which every other command finds here; null where there is none.
 *
 * @throws AppError `state-folder-not-ours`
 */
export const foundAdmin = async (
  process: Pick<CliProcess, 'cwd' | 'env' | 'home'>,
  stateDir: string | undefined,
): Promise<AdminOfStack | null> => {
  const stated = stateDir === undefined ? {} : { stateDir };
  const { settings } = await resolveSettings({ ...process, stated, flags: {}, startsStack: false, warn: () => {} });
  return adminOfStack(settings.stateDir);
};
