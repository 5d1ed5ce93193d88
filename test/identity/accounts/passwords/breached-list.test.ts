import { createHash, randomUUIDv7 } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openBreachedList } from '#identity/accounts/passwords/breached-list.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const digestOf = (password: string): string => createHash('sha1').update(password).digest('hex').toUpperCase();
const leaked = Array.from({ length: 300 }, () => `leaked ${randomUUIDv7()}`);

/** As the downloader writes it: lines of different lengths, with the ends that it was told to write. */
const sortedFile = (end: string): string =>
  leaked
    .map(digestOf)
    .toSorted()
    .map((hash, index) => `${hash}:${10 ** (index % 8)}${end}`)
    .join('');

describe('A list of breached passwords', () => {
  it.each(['\n', '\r\n'])('that is a sorted file holds each of its passwords and no other (end of line %j)', async (end) => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'pwned.txt');
    await writeFile(path, sortedFile(end));
    const list = await openBreachedList(path);
    expect(await Promise.all(leaked.map((password) => list.holds(password)))).toEqual(leaked.map(() => true));
    expect(await Promise.all(leaked.map((password) => list.holds(`${password}!`)))).toEqual(leaked.map(() => false));
  });

  it('that is a folder of ranges holds each of its passwords, no other, and no padding', async () => {
    await using folder = await temporaryDirectory();
    const [held, padded] = [digestOf('held'), digestOf('padded')];
    // The empty password is what a start looks for.
    for (const hash of [held, padded, digestOf('not held'), digestOf('')])
      await writeFile(join(folder.path, `${hash.slice(0, 5)}.txt`), `${'0'.repeat(35)}:3\r\n`);
    await writeFile(join(folder.path, `${held.slice(0, 5)}.txt`), `${'0'.repeat(35)}:3\r\n${held.slice(5)}:1\r\n`);
    await writeFile(join(folder.path, `${padded.slice(0, 5)}.txt`), `${padded.slice(5)}:0\r\n`);
    const list = await openBreachedList(folder.path);
    expect(await Promise.all(['held', 'padded', 'not held'].map((password) => list.holds(password)))).toEqual([true, false, false]);
  });

  it('that is not there, or is something else, is an error of the start', async () => {
    await using folder = await temporaryDirectory();
    const other = join(folder.path, 'other.txt');
    await writeFile(other, 'password\n123456\n'.repeat(20));
    const empty = join(folder.path, 'empty');
    await mkdir(empty);
    for (const path of [join(folder.path, 'missing.txt'), other, empty])
      await expect(openBreachedList(path)).rejects.toMatchObject({ code: 'breached-list-unreadable', fix: expect.stringContaining(path) });
  });

  it('that goes away refuses passwords, and lets none pass unseen', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'pwned.txt');
    await writeFile(path, sortedFile('\n'));
    const list = await openBreachedList(path);
    await rm(path);
    await expect(list.holds('any')).rejects.toMatchObject({ code: 'breached-list-unreadable', status: 503 });
  });
});
