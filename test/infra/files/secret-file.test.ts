import { execFile } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ensureSecret, readSecret, writeSecret } from '#infra/files/secret-file.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

describe('a secret file', () => {
  it('is written for its owner only, whatever was there before, and nothing is left beside it', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'secret');
    await writeFile(file, 'old');
    await chmod(file, 0o644);
    const secret = randomUUIDv7();
    await writeSecret(file, secret);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readSecret(file)).toBe(secret);
    expect(await readdir(folder.path)).toEqual(['secret']);
  });

  it('is read without the newline that an editor leaves, and with every other character', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'secret');
    for (const [text, secret] of [
      ['a b\n', 'a b'],
      ['a\r\n', 'a'],
      ['a\n\n', 'a\n'],
      [' a ', ' a '],
    ] as const) {
      await writeFile(file, text);
      expect(await readSecret(file)).toBe(secret);
    }
  });

  it('that is missing, empty or no file is named by its base name and purpose, without its folder', async () => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'empty'), '\n');
    await mkdir(join(folder.path, 'folder'));
    for (const name of ['missing', 'empty', 'folder']) {
      const error = await readSecret(join(folder.path, name), 'the cookie keys').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'secret-unreadable', status: 500 });
      expect(String(error)).toContain(`the file ${name}, which holds the cookie keys,`);
      expect(String(error)).not.toContain(folder.path);
    }
  });

  it('is made once', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'secret');
    const first = await ensureSecret(file, randomUUIDv7);
    expect(await ensureSecret(file, randomUUIDv7)).toBe(first);
  });

  it('is the same for all that make it at once, and the one that stays', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'secret');
    const secrets = await Promise.all(Array.from({ length: 20 }, () => ensureSecret(file, randomUUIDv7)));
    expect(new Set(secrets)).toEqual(new Set([await readSecret(file)]));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder.path)).toEqual(['secret']);
  });

  it('that cannot be read is never replaced', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'secret');
    await writeFile(file, '');
    await expect(ensureSecret(file, randomUUIDv7)).rejects.toMatchObject({ code: 'secret-unreadable' });
    expect(await readFile(file, 'utf8')).toBe('');
  });
});

describe('a secret file that another user may have put there', () => {
  const refused = async (file: string, why: string) => {
    const error = await readSecret(file, 'an unseal share').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'secret-not-ours', status: 500, message: expect.stringContaining(why) });
    expect(String(error)).not.toContain(dirname(file));
  };

  it('is not read: neither a link nor a file that others may write', async () => {
    await using folder = await temporaryDirectory();
    const [file, link] = [join(folder.path, 'secret'), join(folder.path, 'link')];
    await writeSecret(file, randomUUIDv7());
    await symlink(file, link);
    await refused(link, 'is a link');
    await chmod(file, 0o606);
    await refused(file, 'can be written by other users');
    await expect(ensureSecret(file, randomUUIDv7)).rejects.toMatchObject({ code: 'secret-not-ours' });
  });

  it('is not waited for when it is a pipe', async () => {
    await using folder = await temporaryDirectory();
    const pipe = join(folder.path, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    await expect(readSecret(pipe)).rejects.toMatchObject({
      code: 'secret-unreadable',
      message: expect.stringContaining('no regular file'),
    });
  });

  it.runIf(process.getuid?.() === 0)('is read only where a folder of ours holds it (only root can give files away)', async () => {
    await using folder = await temporaryDirectory();
    const [file, secret] = [join(folder.path, 'secret'), randomUUIDv7()];
    await writeFile(file, secret, { mode: 0o444 });
    await chown(file, 54_321, 54_321);
    // As in a container, which has files of the host's user in a folder of root's.
    expect(await readSecret(file)).toBe(secret);
    await chmod(folder.path, 0o777);
    await refused(file, 'belongs to another user (uid 54321)');
    await chmod(folder.path, 0o755);
    await chown(folder.path, 54_321, 54_321);
    await refused(file, 'belongs to another user (uid 54321)');
  });
});

describe('an atomic write', () => {
  it('that fails leaves the old file and nothing beside it', async () => {
    await using folder = await temporaryDirectory();
    await mkdir(join(folder.path, 'target', 'full'), { recursive: true });
    await expect(writeFileAtomic(join(folder.path, 'target'), 'text')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(await readdir(folder.path)).toEqual(['target']);
    await expect(writeFileAtomic(join(folder.path, 'absent', 'file'), 'text')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('replaces a link instead of writing where it points', async () => {
    await using folder = await temporaryDirectory();
    const [elsewhere, link] = [join(folder.path, 'elsewhere'), join(folder.path, 'link')];
    await writeFile(elsewhere, 'untouched');
    await symlink(elsewhere, link);
    await writeSecret(link, randomUUIDv7());
    expect(await readFile(elsewhere, 'utf8')).toBe('untouched');
  });
});
