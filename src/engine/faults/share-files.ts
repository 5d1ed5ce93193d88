import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { makeShares } from '#infra/secrets/unseal-shares.ts';
import { mountFolder } from '#engine/files/mounts/mount-table.ts';
import { stateFiles } from '#engine/files/state-files.ts';
import { SHARE_COPIES, SHARES, THRESHOLD } from '#engine/files/unseal-share-files.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';

/** Every file with an unseal share of a stack, the copies for containers among them, whether or not it is there. */
const all = (folder: StateFolder): readonly { readonly file: string; readonly position: number; readonly mode: number }[] => [
  ...Array.from({ length: SHARES }, (_, at) => ({ file: stateFiles(folder).unsealShare(at + 1), position: at, mode: 0o600 })),
  ...SHARE_COPIES.map((name, position) => ({ file: join(mountFolder(folder.docker, 'kms'), name), position, mode: 0o444 })),
];

export const shareFiles = async (folder: StateFolder) => {
  const found = await Promise.all(all(folder).map(async (share) => ({ share, isThere: await isThere(share.file) })));
  return found.filter((each) => each.isThere).map(({ share }) => share);
};

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** Sound shares of another secret, in these places. */
export const writeForeignShares = async (places: Awaited<ReturnType<typeof shareFiles>>): Promise<void> => {
  const foreign = await makeShares({ threshold: THRESHOLD, shares: SHARES });
  for (const { file, position, mode } of places) await writeFileAtomic(file, foreign[position] ?? '', { mode });
};
