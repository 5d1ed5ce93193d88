import { randomUUIDv7 } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPERATORS } from '#engine/files/prod/container-file.ts';
import { finishPair, leafPair, writePair } from '#engine/files/prod/leaf-pair.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const text = (kind: string, length: number): string => `-----BEGIN ${kind}-----\n${randomUUIDv7().repeat(length)}\n`;

/** A renewal that was cut off: the new key is written, and the certificate could not be, whose folder is gone. */
const cutOff = async () => {
  const directory = await temporaryDirectory();
  const pair = { ...leafPair(directory.path, 'kms', OPERATORS), cert: join(directory.path, 'gone', 'kms.pem') };
  const [oldKey, keyPem, certPem] = [text('KEY', 4), text('KEY', 3), text('CERTIFICATE', 5)];
  await writeFile(pair.key, oldKey);
  await expect(writePair(pair, { certPem, keyPem })).rejects.toMatchObject({ code: 'ENOENT' });
  await mkdir(dirname(pair.cert));
  return { pair, oldKey, keyPem, certPem, folder: directory.path, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
};

describe('A renewal that was cut off', () => {
  it.each<readonly [string, (old: string, fresh: string) => string | null]>([
    ['is absent', () => null],
    ['is the old one', (old) => old],
    ['is the new one', (_old, fresh) => fresh],
    ['is empty', () => ''],
    ['is the beginning of the new one', (_old, fresh) => fresh.slice(0, 60)],
    ['begins as the new one and goes on as the old one', (old, fresh) => fresh.slice(0, 60) + old.slice(60)],
    ['is the new one, and after it the rest of the longer old one', (old, fresh) => fresh + old.slice(fresh.length)],
  ])('is completed where the key %s', async (_state, keyOf) => {
    await using left = await cutOff();
    const { pair, oldKey, keyPem, certPem } = left;
    const found = keyOf(oldKey, keyPem);
    await (found === null ? rm(pair.key) : writeFile(pair.key, found));
    expect(await finishPair(pair)).toBe(true);
    expect([await readFile(pair.key, 'utf8'), await readFile(pair.cert, 'utf8')]).toEqual([keyPem, certPem]);
    expect(await readdir(left.folder)).not.toContain('.kms.renewal');
    expect(await finishPair(pair)).toBe(false);
  });

  it.each(['key', 'cert'] as const)('touches nothing where somebody else has written the %s since then', async (file) => {
    await using left = await cutOff();
    const { pair, keyPem, certPem } = left;
    const others = text(file === 'key' ? 'KEY' : 'CERTIFICATE', 3);
    await writeFile(pair[file], others);
    const before = (await readdir(left.folder, { recursive: true })).toSorted();
    await expect(finishPair(pair)).rejects.toMatchObject({
      code: 'renewal-overtaken',
      message: `${pair[file]} changed after a renewal was cut off, which left ${pair.journal}`,
    });
    expect(await readFile(pair[file], 'utf8')).toBe(others);
    expect((await readdir(left.folder, { recursive: true })).toSorted()).toEqual(before);
    // As its fix says.
    await Promise.all([rm(pair.key), rm(pair.cert, { force: true })]);
    expect(await finishPair(pair)).toBe(true);
    expect([await readFile(pair.key, 'utf8'), await readFile(pair.cert, 'utf8')]).toEqual([keyPem, certPem]);
  });
});
