import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLastReport, writeLastReport } from '#stack/record/last-report.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

describe('The last report of a stack', () => {
  it('is remembered with its configuration, each in the place of the one before', async () => {
    await using folder = await temporaryDirectory();
    await mkdir(join(folder.path, 'config'));
    expect(await readLastReport(folder.path)).toBeNull();
    await writeLastReport(folder.path, '/srv/one.html');
    await writeLastReport(folder.path, '/srv/two.html');
    expect(await readLastReport(folder.path)).toBe('/srv/two.html');
  });

  it('of a stack that was removed is not remembered: its state folder does not come back', async () => {
    await using folder = await temporaryDirectory();
    const gone = join(folder.path, 'gone');
    await writeLastReport(gone, '/srv/one.html');
    expect(await readLastReport(gone)).toBeNull();
  });

  it.each(['', '{', '{"version":2,"path":"/a"}', '{"version":1,"path":"a"}'])('whose record makes no sense is none: %j', async (text) => {
    await using folder = await temporaryDirectory();
    await mkdir(join(folder.path, 'config'));
    await writeFile(join(folder.path, 'config/report.json'), text);
    expect(await readLastReport(folder.path)).toBeNull();
  });
});
