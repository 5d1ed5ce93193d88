import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBundleAlone } from '#cli/run-files/evidence/earlier-bundle.ts';
import { checkEvidenceFolder, writeEvidence } from '#cli/run-files/evidence/evidence-folder.ts';
import { layBundle, smallBundle } from '#test/support/evidence.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

describe('the folder of --evidence', () => {
  it('is made, with the folders above it, and is whole when it is there', async () => {
    await using place = await temporaryDirectory();
    const folder = join(place.path, 'results', 'evidence');
    await checkEvidenceFolder(folder);
    await writeEvidence(folder, [
      ['manifest.json', '{}'],
      ['exchanges/kms.keys.json', '[]'],
    ]);
    expect((await readdir(folder, { recursive: true })).toSorted()).toEqual(['exchanges', 'exchanges/kms.keys.json', 'manifest.json']);
    expect(await readdir(join(place.path, 'results'))).toEqual(['evidence']);
  });

  it('holds the bundle of an earlier run until the new one is there, and nothing of the earlier one then', async () => {
    await using place = await temporaryDirectory();
    const folder = join(place.path, 'evidence');
    await layBundle(folder, await smallBundle());
    const before = await readdir(folder, { recursive: true });
    await checkEvidenceFolder(folder);
    expect(await readdir(folder, { recursive: true })).toEqual(before);
    await writeEvidence(folder, [['manifest.json', '1']]);
    expect([await readdir(place.path), await readdir(folder)]).toEqual([['evidence'], ['manifest.json']]);
  });

  it('may be empty', async () => {
    await using place = await temporaryDirectory();
    await checkEvidenceFolder(place.path);
    await writeEvidence(place.path, [['manifest.json', '1']]);
    expect(await readdir(place.path)).toEqual(['manifest.json']);
  });

  it('is left alone where it holds anything else, or is a file', async () => {
    await using place = await temporaryDirectory();
    await writeFile(join(place.path, 'thesis.txt'), 'years of work');
    await expect(checkEvidenceFolder(place.path)).rejects.toThrow('holds something else than a bundle');
    await expect(checkEvidenceFolder(join(place.path, 'thesis.txt'))).rejects.toThrow('is no folder');
    expect(await readFile(join(place.path, 'thesis.txt'), 'utf8')).toBe('years of work');
  });

  it.each(['{"name":"a web app"}', '{"kind":"passthru-evidence"}', 'no JSON', '[]', 'null'])(
    'is left alone where its manifest.json is that of another program: %s',
    async (text) => {
      await using place = await temporaryDirectory();
      await layBundle(place.path, [
        ['manifest.json', text],
        ['.git/HEAD', 'years of work'],
      ]);
      await expect(checkEvidenceFolder(place.path)).rejects.toMatchObject({ code: 'usage' });
      expect(await readFile(join(place.path, '.git/HEAD'), 'utf8')).toBe('years of work');
    },
  );

  it.each(['thesis.txt', '.git/HEAD', 'exchanges/thesis.txt'])('is left alone where %s lies beside the files of a bundle', async (path) => {
    await using place = await temporaryDirectory();
    await layBundle(place.path, [...(await smallBundle()), [path, 'years of work']]);
    await expect(checkEvidenceFolder(place.path)).rejects.toMatchObject({ code: 'usage' });
    expect(await readFile(join(place.path, path), 'utf8')).toBe('years of work');
  });

  it('is left alone where something else came into it while the run went on', async () => {
    await using place = await temporaryDirectory();
    const folder = join(place.path, 'evidence');
    await checkEvidenceFolder(folder);
    await layBundle(folder, [['thesis.txt', 'years of work']]);
    await expect(writeEvidence(folder, [['manifest.json', '1']])).rejects.toMatchObject({ code: 'evidence-not-written' });
    expect([await readdir(place.path), await readdir(folder)]).toEqual([['evidence'], ['thesis.txt']]);
  });

  it('is what it was where the bundle could not be written whole', async () => {
    await using place = await temporaryDirectory();
    const folder = join(place.path, 'evidence');
    const twice = ['manifest.json', '{}'] as const;
    await expect(writeEvidence(folder, [twice, twice])).rejects.toMatchObject({ code: 'evidence-not-written' });
    expect(await readdir(place.path)).toEqual([]);
    await layBundle(folder, await smallBundle());
    await expect(writeEvidence(folder, [twice, twice])).rejects.toMatchObject({ code: 'evidence-not-written' });
    expect([await readdir(place.path), await isBundleAlone(folder)]).toEqual([['evidence'], true]);
  });
});
