import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import type { ReversibleFault } from '#engine/faults/create-fault-door.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import type { ServiceName } from '../../engine.ts';
import type { Supervisor } from '../children/supervisor.ts';
import type { Layout } from '../files/layout.ts';
import { listens } from './listens.ts';
import { fillDisk, isMounted, mountTmpfs, unmount, whyNoMount } from './tmpfs.ts';

/** Space beside the data that there is, so that it is full after some work and not at once. */
const ROOM_MB = 8;
const FILLER = 'fill';

/**
 * A full disk for the data of one service: they move to a small file system in memory, which is mounted over their folder and filled to the
 * last block. The disk of this machine is never filled.
 *
 * Taken back, the data of the small disk come back as a whole (`drill/back`, complete once it has that name), then it is unmounted, and
 * they take the place of those beneath it. Each of these may be where a process was interrupted; the next one goes on from there.
 */
export const smallDisk = ({
  layout,
  supervisor,
}: {
  readonly layout: Layout;
  readonly supervisor: Supervisor;
}): ReversibleFault<ServiceName> => {
  const at = (name: string): string => join(layout.folder.drill, name);
  const [moving, back, before] = [at('moving'), at('back'), at('before')];
  return {
    whyNot: async () => ((await whyNoMount()) === null ? null : 'only root may mount a small disk'),
    inflict: async (service) => {
      const data = layout.data(service);
      await supervisor.stop(service);
      await copyAs(data, { as: moving, aside: at('moving.tmp') });
      const megabytes = Math.ceil((await sizeOf(moving)) / 2 ** 20) + ROOM_MB;
      refuse(await mountTmpfs(data, { megabytes, mode: '0700' }), 'no small disk could be mounted');
      await cp(moving, data, { recursive: true, preserveTimestamps: true });
      await rm(moving, { recursive: true });
      orThrow(await supervisor.startAgain(service));
      await listens(layout, service);
      await fillDisk(join(data, FILLER));
    },
    takeBack: async (service) => {
      const data = layout.data(service);
      await supervisor.stop(service);
      if (await isMounted(data)) {
        // A copy that did not get to the small disk as a whole is as it was before, beneath it.
        if (await isThere(moving)) await rm(moving, { recursive: true });
        else {
          await rm(join(data, FILLER), { force: true });
          await copyAs(data, { as: back, aside: at('back.tmp') });
        }
        refuse(await unmount(data), `${data} stays mounted`);
      }
      if (!(await isThere(back))) return;
      if (await isThere(data)) {
        await rm(before, { recursive: true, force: true });
        await rename(data, before);
      }
      await mkdir(dirname(data), { recursive: true });
      await rename(back, data);
    },
  };
};

/** A copy that has its name only when it is complete. */
const copyAs = async (from: string, { as, aside }: { readonly as: string; readonly aside: string }): Promise<void> => {
  await Promise.all([as, aside].map((path) => rm(path, { recursive: true, force: true })));
  await cp(from, aside, { recursive: true, preserveTimestamps: true });
  await rename(aside, as);
};

const refuse = (reason: string | null, what: string): void => {
  if (reason !== null) throw new AppError('disk-not-ours', 500, `${what}: ${reason}`);
};

const isThere = (path: string): Promise<boolean> =>
  stat(path)
    .then(() => true)
    .catch(missingIs(false));

const sizeOf = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(entries.map(async (entry) => (await stat(join(folder, entry))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
};
