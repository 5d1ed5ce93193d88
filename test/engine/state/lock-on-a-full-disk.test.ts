import { randomUUIDv7 } from 'node:crypto';
import type * as fsPromises from 'node:fs/promises';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acquireLock } from '#engine/state/lock.ts';
import type { Result } from '#infra/apperr/result.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** The error that the disk of this test answers with; null while it has space. */
const disk = vi.hoisted((): { full: string | null; noLinks: boolean } => ({ full: null, noLinks: false }));

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof fsPromises>();
  const noSpace = () => Object.assign(new Error(`${disk.full}: no space left on device, write`), { code: disk.full, syscall: 'write' });
  return {
    ...fs,
    // A full disk makes the file, and then has no room for its text.
    writeFile: async (path: string, ...rest: [string, object]) => {
      if (disk.full === null) return fs.writeFile(path, ...rest);
      await fs.writeFile(path, '', { flag: 'wx' });
      throw noSpace();
    },
    symlink: async (target: string, path: string) => {
      if (disk.noLinks) throw noSpace();
      return fs.symlink(target, path);
    },
  };
});

beforeEach(() => {
  disk.full = 'ENOSPC';
});
afterEach(() => {
  Object.assign(disk, { full: null, noLinks: false });
});

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

describe('The lock of a state folder on a full disk', () => {
  it.each(['ENOSPC', 'EDQUOT'])('is had without a block of data (%s), keeps others out, and leaves nothing behind', async (code) => {
    disk.full = code;
    await using folder = await temporaryDirectory();
    const stateDir = `${folder.path}/state`;
    const lock = valueOf(await acquireLock({ stateDir, command: 'down' }));
    expect(await readdir(stateDir)).toEqual(['lock']);
    for (const full of [code, null]) {
      disk.full = full;
      const second = await acquireLock({ stateDir, command: 'demo all' });
      expect(second).toMatchObject({ ok: false, error: { code: 'lock-held', message: expect.stringContaining(`(pid ${process.pid})`) } });
    }
    expect(await readdir(stateDir)).toEqual(['lock']);
    await lock[Symbol.asyncDispose]();
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('goes to exactly one of many who ask at once', async () => {
    await using folder = await temporaryDirectory();
    const results = await Promise.all(Array.from({ length: 20 }, () => acquireLock({ stateDir: folder.path, command: 'down' })));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(await readdir(folder.path)).toEqual(['lock']);
  });

  it('is taken over from a process that is gone', async () => {
    await using folder = await temporaryDirectory();
    const { symlink } = await vi.importActual<typeof fsPromises>('node:fs/promises');
    await symlink(`${process.pid}|another boot:1|down`, `${folder.path}/lock`);
    const warnings: string[] = [];
    await using _lock = valueOf(await acquireLock({ stateDir: folder.path, command: 'down', warn: (text) => warnings.push(text) }));
    expect(warnings).toEqual([`took over the lock of "down" (pid ${process.pid}), which is gone`]);
  });

  it('that cannot be had either way is refused with a fix that speaks of the disk, and nothing is left', async () => {
    disk.noLinks = true;
    await using folder = await temporaryDirectory();
    const result = await acquireLock({ stateDir: folder.path, command: `down ${randomUUIDv7()}` });
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'state-folder-unusable', cause: { code: 'enospc' }, fix: expect.stringMatching(/^Free some space on that disk/) },
    });
    expect(await readdir(folder.path)).toEqual([]);
  });
});

describe('What a process left that was killed while it took the lock', () => {
  it('is removed by the next one who gets it, unless it is young', async () => {
    disk.full = null;
    await using folder = await temporaryDirectory();
    const { utimes, writeFile } = await vi.importActual<typeof fsPromises>('node:fs/promises');
    const names = ['lock.0123456789ab.tmp', 'lock.ba9876543210.dead', 'lock.aaaaaaaaaaaa.tmp'];
    for (const name of names) await writeFile(`${folder.path}/${name}`, '');
    for (const name of names.slice(0, 2)) await utimes(`${folder.path}/${name}`, 0, 0);
    await using _lock = valueOf(await acquireLock({ stateDir: folder.path, command: 'demo all' }));
    expect((await readdir(folder.path)).toSorted()).toEqual(['lock', 'lock.aaaaaaaaaaaa.tmp']);
  });
});
