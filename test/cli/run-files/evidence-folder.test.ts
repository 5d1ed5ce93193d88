import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clearEvidence, writeEvidence } from '#cli/run-files/evidence/evidence-folder.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

describe('the folder of --evidence', () => {
  it('is made, with the folders above it, and is whole when it is there', async () => {
    await using place = await temporaryDirectory();
    const folder = join(place.path, 'results', 'evidence');
    await clearEvidence(folder);
    await writeEvidence(folder, [
      ['manifest.json', '{}'],
      ['exchanges/kms.keys.json', '[]'],
    ]);
    expect((await readdir(folder, { recursive: true })).toSorted()).toEqual(['exchanges', 'exchanges/kms.keys.json', 'manifest.json']);
    expect(await readdir(join(place.path, 'results'))).toEqual(['evidence']);
  });

  it('gives way where it is a bundle of an earlier run, or empty', async () => {
    await using place = await temporaryDirectory();
    const folder = join(place.path, 'evidence');
    await mkdir(folder);
    await clearEvidence(folder);
    await writeEvidence(folder, [['manifest.json', '1']]);
    await clearEvidence(folder);
    expect(await readdir(place.path)).toEqual([]);
  });

  it('is left alone where it holds anything else, or is a file', async () => {
    await using place = await temporaryDirectory();
    await writeFile(join(place.path, 'thesis.txt'), 'years of work');
    await expect(clearEvidence(place.path)).rejects.toThrow('holds something else than a bundle');
    await expect(clearEvidence(join(place.path, 'thesis.txt'))).rejects.toThrow('is no folder');
    expect(await readFile(join(place.path, 'thesis.txt'), 'utf8')).toBe('years of work');
  });

  it('is not there at all where it could not be written whole', async () => {
    await using place = await temporaryDirectory();
    const folder = join(place.path, 'evidence');
    const twice = ['manifest.json', '{}'] as const;
    await expect(writeEvidence(folder, [twice, twice])).rejects.toMatchObject({ code: 'evidence-not-written' });
    expect(await readdir(place.path)).toEqual([]);
  });
});
