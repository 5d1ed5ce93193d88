import { open } from 'node:fs/promises';

/** Forces what was put into a folder, or taken out of it, to the disk; Windows cannot open one and needs none of it. */
export const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  await using handle = await open(folder, 'r');
  await handle.sync();
};
