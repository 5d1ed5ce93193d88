import { randomUUIDv7 } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLineWriter } from '#infra/lines/line-writer.ts';
import { createRotatedFile, rotatedFiles } from '#infra/lines/rotated-file.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const linesOf = async (file: string): Promise<string[]> => (await readFile(file, 'utf8')).trimEnd().split('\n');

describe('A file that rotates', () => {
  it('keeps the newest lines in order, in as many files and bytes as it may have', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'service.log');
    await using file = createRotatedFile({ path, maxBytes: 400, olderFiles: 2 });
    const lines = Array.from({ length: 100 }, () => randomUUIDv7());
    for (const line of lines) expect(await file.append([line])).toEqual({ lines: 1, error: null });
    expect((await readdir(folder.path)).toSorted()).toEqual(['service.log', 'service.log.1', 'service.log.2']);
    const files = rotatedFiles(path, 2);
    const kept = (await Promise.all(files.map(linesOf))).flat();
    expect(kept).toEqual(lines.slice(-kept.length));
    expect(kept.length).toBeGreaterThan(20);
    for (const each of files) expect((await stat(each)).size).toBeLessThanOrEqual(400);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('goes on where a process before it ended, and never makes a new line the second half of an old one', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'service.log');
    const [whole = '', half = '', next = ''] = Array.from({ length: 3 }, () => randomUUIDv7());
    await writeFile(path, `${whole}\n`);
    {
      await using file = createRotatedFile({ path, maxBytes: 4_000, olderFiles: 1 });
      await file.append([next]);
    }
    expect(await linesOf(path)).toEqual([whole, next]);
    await appendFile(path, half);
    await using file = createRotatedFile({ path, maxBytes: 4_000, olderFiles: 1 });
    await file.append([next]);
    expect(await linesOf(path)).toEqual([whole, next, half, next]);
  });

  it('answers with the error of the system, and opens the file when it can be had', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'later', 'service.log');
    await using file = createRotatedFile({ path, maxBytes: 4_000, olderFiles: 1 });
    await expect(file.open()).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await file.append(['lost'])).toMatchObject({ lines: 0, error: { code: 'ENOENT' } });
    await mkdir(join(folder.path, 'later'));
    const line = randomUUIDv7();
    expect(await file.append([line])).toEqual({ lines: 1, error: null });
    expect(await linesOf(path)).toEqual([line]);
  });
});

describe('A writer of lines', () => {
  it('counts the lines that a full disk took as a whole, and begins the next one anew', async () => {
    let room = 11;
    let disk = '';
    const writer = createLineWriter(async (bytes) => {
      if (room === 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' });
      const taken = Math.min(room, bytes.length, 5);
      disk += bytes.subarray(0, taken).toString();
      room -= taken;
      return taken;
    });
    expect(await writer.write(writer.bytesOf(['first', 'second']))).toMatchObject({ lines: 1, bytes: 11, error: { code: 'ENOSPC' } });
    expect(await writer.write(writer.bytesOf(['third']))).toMatchObject({ lines: 0, bytes: 0 });
    room = 100;
    expect(await writer.write(writer.bytesOf(['fourth', 'fifth']))).toMatchObject({ lines: 2, error: null });
    expect(disk).toBe('first\nsecon\nfourth\nfifth\n');
  });
});
