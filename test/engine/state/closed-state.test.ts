import { randomUUIDv7 } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeStateFolder, stateFolder } from '#engine/state/state-folder.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const OTHER = 54_321;

/** A state folder in a directory of its own, made once. */
const place = async () => {
  const directory = await temporaryDirectory();
  const folder = stateFolder(join(directory.path, `state-${randomUUIDv7()}`));
  const warnings: string[] = [];
  const make = () => makeStateFolder(folder, (text) => void warnings.push(text));
  await make();
  return { folder, warnings, make, path: directory.path, [Symbol.asyncDispose]: directory[Symbol.asyncDispose] };
};

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('A state folder', () => {
  it('is refused while others can write to it or to a folder in it, and its folders are closed again', async () => {
    await using here = await place();
    const { path, tls, secrets, config, data, logs } = here.folder;
    for (const folder of [path, tls, secrets, config, data, logs]) {
      await chmod(folder, 0o777);
      await expect(here.make(), folder).rejects.toMatchObject({
        code: 'folder-open',
        fix: expect.stringContaining(`chmod go-w ${folder}`),
      });
      await chmod(folder, 0o755);
    }
    await here.make();
    for (const folder of [tls, secrets, config, data, logs]) expect(await modeOf(folder), folder).toBe(0o700);
    expect(here.warnings).toEqual([]);
  });

  it('is refused with a link in it, or with something else in the place of a folder', async () => {
    await using here = await place();
    const { secrets, data } = here.folder;
    const elsewhere = join(here.path, 'elsewhere');
    await writeFile(elsewhere, randomUUIDv7(), { mode: 0o600 });
    await symlink(elsewhere, join(secrets, 'unseal-share-1'));
    await expect(here.make()).rejects.toMatchObject({ code: 'not-a-file', message: expect.stringContaining('unseal-share-1') });
    await rename(join(secrets, 'unseal-share-1'), join(here.path, 'link'));
    await rename(data, `${here.path}/data`);
    await symlink(`${here.path}/data`, data);
    await expect(here.make()).rejects.toMatchObject({ code: 'not-a-folder', message: expect.stringContaining(data) });
  });

  it('closes a secret that others may read, which is said once, and leaves certificates as they are', async () => {
    await using here = await place();
    const { secrets, tls } = here.folder;
    const [share, key, certificate] = [join(secrets, 'unseal-share-1'), join(tls, 'kms.key'), join(tls, 'kms.pem')];
    for (const file of [share, key, certificate]) {
      await writeFile(file, randomUUIDv7());
      await chmod(file, 0o644);
    }
    await here.make();
    expect(await Promise.all([share, key, certificate].map(modeOf))).toEqual([0o600, 0o600, 0o644]);
    expect(here.warnings.toSorted()).toEqual([expect.stringContaining(share), expect.stringContaining(key)]);
    await here.make();
    expect(here.warnings).toHaveLength(2);
  });

  it('is refused with a file that others may write, wherever it lies', async () => {
    await using here = await place();
    const file = join(here.folder.data, 'kms', 'service.sqlite');
    await mkdir(join(here.folder.data, 'kms'), { mode: 0o700 });
    await writeFile(file, '');
    await chmod(file, 0o666);
    await expect(here.make()).rejects.toMatchObject({ code: 'file-open', fix: expect.stringContaining(`chmod go-w ${file}`) });
    expect(await readFile(file, 'utf8')).toBe('');
  });
});

describe.runIf(process.getuid?.() === 0)('A state folder of root (only root can give files away)', () => {
  it('is refused with a folder or a file of another user, at any depth', async () => {
    await using here = await place();
    const { path, secrets, config, tls } = here.folder;
    const [share, key] = [join(secrets, 'unseal-share-1'), join(tls, 'ca', '0-root.key')];
    await mkdir(join(tls, 'ca'), { mode: 0o700 });
    for (const file of [share, key]) await writeFile(file, randomUUIDv7(), { mode: 0o600 });
    for (const [foreign, code] of [
      [path, 'folder-not-ours'],
      [config, 'folder-not-ours'],
      [join(tls, 'ca'), 'folder-not-ours'],
      [share, 'file-not-ours'],
      [key, 'file-not-ours'],
    ] as const) {
      await chown(foreign, OTHER, OTHER);
      await expect(here.make(), foreign).rejects.toMatchObject({ code, message: expect.stringContaining(`uid ${OTHER}`) });
      await chown(foreign, 0, 0);
    }
    await here.make();
  });

  it('is made by root in a folder of another user, as in a checkout that a runner mounts', async () => {
    await using directory = await temporaryDirectory();
    await chown(directory.path, OTHER, OTHER);
    const folder = stateFolder(join(directory.path, '.passthru'));
    await makeStateFolder(folder, () => {});
    await makeStateFolder(folder, () => {});
    expect(await modeOf(folder.secrets)).toBe(0o700);
  });
});
