import { type AdminOfStack, adminOfStack } from '#stack/admin-of-stack.ts';
import type { CliProcess } from '#cli/process/cli-process.ts';
import { resolveSettings } from '#cli/settings/resolve-settings.ts';

/** The admin listeners of the stack that every other command finds here; null where there is none. @throws AppError `state-folder-not-ours` */
export const foundAdmin = async (process: Pick<CliProcess, 'cwd' | 'env' | 'home'>): Promise<AdminOfStack | null> => {
  const { settings } = await resolveSettings({ ...process, stated: {}, flags: {}, startsStack: false, warn: () => {} });
  return adminOfStack(settings.stateDir);
};
