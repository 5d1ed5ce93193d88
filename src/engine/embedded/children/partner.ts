import { rm } from 'node:fs/promises';
import { processIdentity } from '#engine/state/process-identity.ts';
import { holderNames } from '#engine/state/served-folder.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { portTaken, whyNotFree } from '../../ports.ts';
import type { Layout } from '../files/layout.ts';
import { partnerProcesses } from './partner-processes.ts';
import { startServer } from './start-process.ts';
import { stopProcess } from './stop-process.ts';

/** It is not asked to end: it holds nothing that anybody wants afterwards. */
const AT_ONCE = { graceMs: 0 };

/** Ends the second Identity of this stack, where a run that was killed left one. */
export const endPartner = async (layout: Layout): Promise<void> => {
  const left = await partnerProcesses(layout);
  await Promise.all(
    left.map(async (pid) => {
      const identity = await processIdentity(pid);
      if (identity !== null) await stopProcess({ pid, identity }, AT_ONCE);
    }),
  );
};

/**
 * Starts the second Identity with an empty database; its demo data come from the file of the first one's seed. Disposal ends it and
 * removes its database.
 */
export const startPartner = async (layout: Layout): Promise<Result<AsyncDisposable>> => {
  const { folder, bin, partner, ports } = layout;
  await endPartner(layout);
  if ((await whyNotFree(ports.partner)) !== null) {
    return portTaken({ port: ports.partner, service: 'partner', holder: await holderNames(ports.partner) });
  }
  const clear = () => rm(partner.data, { recursive: true, force: true });
  await clear();
  const defaults = layout.defaults('identity') ?? [];
  const command = [bin, 'serve', 'identity', '--demo', ...[defaults, partner.overlay].flat().flatMap((file) => ['--config', file])];
  await startServer({ folder: folder.path, output: partner.output, command });
  return ok({
    [Symbol.asyncDispose]: async () => {
      await endPartner(layout);
      await clear();
    },
  });
};
