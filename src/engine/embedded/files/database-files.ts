import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { ok } from '#infra/apperr/result.ts';
import { copyDatabases } from '#infra/database/sqlite/copy-databases.ts';
import { attempt } from '../../attempt.ts';
import { DATABASE_PARTS, type DatabaseFiles } from '../../stack-engine.ts';
import type { Layout } from './layout.ts';

/** SQLite files, in a folder for each server. */
export const databaseFiles = (layout: Layout): DatabaseFiles => ({
  copyTo: (folder) =>
    attempt('databases-not-copied', 'copying the databases', async () => {
      const { heldMs } = await copyDatabases(DATABASE_PARTS.map((server) => ({ from: layout.data(server), to: join(folder, server) })));
      return ok({ heldMs, stopped: false });
    }),
  moveTo: (folder) =>
    attempt('databases-not-moved', 'moving the databases', async () => {
      for (const server of DATABASE_PARTS) {
        // None is as good as an empty one, and tells that there was none.
        await mkdir(layout.data(server), { recursive: true, mode: 0o700 });
        await rename(layout.data(server), join(folder, server));
      }
      return ok(null);
    }),
  takeFrom: (folder) =>
    attempt('databases-not-moved', 'putting the databases in their place', async () => {
      await mkdir(layout.folder.data, { recursive: true, mode: 0o700 });
      for (const server of DATABASE_PARTS) {
        // One that is not there was moved by an attempt that was cut off.
        if ((await lstat(join(folder, server)).catch(missingIs(null))) === null) continue;
        await rm(layout.data(server), { recursive: true, force: true });
        await rename(join(folder, server), layout.data(server));
      }
      return ok(null);
    }),
});
