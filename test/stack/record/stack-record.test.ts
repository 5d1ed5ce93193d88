import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readStackRecord, writeStackRecord } from '#stack/record/stack-record.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

describe('The record of the last start', () => {
  it('is none where there never was one, and what was written last after that', async () => {
    await using folder = await temporaryDirectory();
    const stateDir = join(folder.path, 'state');
    expect(await readStackRecord(stateDir)).toBeNull();
    await writeStackRecord({ engine: 'embedded', stateDir, portKms: 1, portIdentity: 2, profile: 'demo' });
    const last = { engine: 'docker', stateDir, portKms: 12_001, portIdentity: 12_002, profile: 'ci' } as const;
    await writeStackRecord(last);
    expect(await readStackRecord(stateDir)).toEqual(last);
    await writeStackRecord({ ...last, portStep: 2, startId: 'first' });
    expect(await readStackRecord(stateDir)).toEqual({ ...last, portStep: 2, startId: 'first' });
  });

  it.each(['', '{', '[]', 'null', '{"version":2,"port_kms":1,"port_identity":2,"profile":"demo"}', '{"version":1,"port_kms":"1"}'])(
    'that makes no sense (%j) is damaged, not missing',
    async (text) => {
      await using folder = await temporaryDirectory();
      await writeStackRecord({ engine: 'docker', stateDir: folder.path, portKms: 1, portIdentity: 2, profile: 'demo' });
      await writeFile(join(folder.path, 'config', 'stack.json'), text);
      expect(await readStackRecord(folder.path)).toBe('damaged');
    },
  );
});
