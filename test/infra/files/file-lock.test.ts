import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFileLock } from '#infra/files/file-lock.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const place = async () => {
  const folder = await temporaryDirectory();
  return { folder: folder.path, lock: join(folder.path, 'x.lock'), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
};

const LONG_AGO = new Date(0);

describe('A lock that is a file', () => {
  it('lets one after the other in, and is gone after the last', async () => {
    await using at = await place();
    const count = join(at.folder, 'count');
    await writeFile(count, '0');
    const add = () => withFileLock(at.lock, async () => writeFile(count, `${Number(await readFile(count, 'utf8')) + 1}`));
    await Promise.all(Array.from({ length: 12 }, add));
    expect(await readFile(count, 'utf8')).toBe('12');
    expect(await readdir(at.folder)).toEqual(['count']);
  });

  it('answers what was done, and lets go where that failed', async () => {
    await using at = await place();
    await expect(withFileLock(at.lock, () => Promise.reject(new TypeError('no')))).rejects.toThrow('no');
    expect(await withFileLock(at.lock, async () => 7)).toBe(7);
  });

  it('that a process left behind, with its turn to remove another, is taken over by one of those who wait, and nothing of it stays', async () => {
    await using at = await place();
    await writeFile(at.lock, 'of somebody');
    await writeFile(`${at.lock}.dead`, '');
    for (const left of await readdir(at.folder)) await utimes(join(at.folder, left), LONG_AGO, LONG_AGO);
    let inside = 0;
    const most: number[] = [];
    const enter = () =>
      withFileLock(at.lock, async () => {
        most.push((inside += 1));
        await readdir(at.folder);
        inside -= 1;
      });
    await Promise.all([enter(), enter(), enter(), enter()]);
    expect(most).toEqual([1, 1, 1, 1]);
    expect(await readdir(at.folder)).toEqual([]);
  });

  it('is left alone by a holder who was so slow that another has it', async () => {
    await using at = await place();
    await withFileLock(at.lock, async () => {
      await rm(at.lock);
      await writeFile(at.lock, 'of another');
    });
    expect(await readFile(at.lock, 'utf8')).toBe('of another');
  });

  it('fails by the file system where there is no folder', async () => {
    await using at = await place();
    await expect(withFileLock(join(at.folder, 'none', 'x.lock'), async () => {})).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
