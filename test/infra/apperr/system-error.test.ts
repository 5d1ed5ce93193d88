import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { missingIs } from '#infra/apperr/system-error.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

describe('A file that is missing', () => {
  it('is one that is not there, or whose folder is none', async () => {
    await using folder = await temporaryDirectory();
    expect(await readdir(`${folder.path}/none`).catch(missingIs([]))).toEqual([]);
    expect(await readdir('/dev/null/folder').catch(missingIs([]))).toEqual([]);
  });

  it('is not one that cannot be read for another reason', async () => {
    await expect(readdir('a\0b').catch(missingIs([]))).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  });
});
