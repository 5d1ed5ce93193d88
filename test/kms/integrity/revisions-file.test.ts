import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KmsEvent } from '#kms/events.ts';
import { openRevisions } from '#kms/integrity/ledger/revisions-file.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const at = (revision: number, ledger: string = randomUUIDv7()) => ({ ledger, revision, tag: `v1.${revision}` });

const place = async () => {
  const folder = await temporaryDirectory();
  const events: KmsEvent[] = [];
  const file = join(folder.path, 'revisions.json');
  return {
    file,
    events,
    open: () => openRevisions({ file, emit: (event) => void events.push(event) }),
    stored: async () => JSON.parse(await readFile(file, 'utf8')) as unknown,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
};

describe('The file of revisions', () => {
  it('keeps what was seen last of each database over a restart, and tells only of its first day', async () => {
    await using files = await place();
    const [tenant, ledger] = [randomUUID(), randomUUIDv7()];
    {
      await using revisions = await files.open();
      revisions.saw(tenant, at(7, ledger));
      revisions.saw(tenant, at(6, ledger));
      revisions.saw('service', at(3, ledger));
    }
    await using again = await files.open();
    expect(again.of(tenant)).toEqual(at(7, ledger));
    expect(again.of('service')).toEqual(at(3, ledger));
    expect(again.of(randomUUID())).toBeUndefined();
    expect(files.events).toEqual([{ type: 'revisions-begun', file: files.file }]);
    expect((await stat(files.file)).mode & 0o777).toBe(0o600);
  });

  it('is written by its job, and not again while nothing changes', async () => {
    await using files = await place();
    await using revisions = await files.open();
    const [job] = revisions.jobs;
    const run = () => job?.run(new AbortController().signal);
    revisions.saw('service', at(1));
    await run();
    const { ino } = await stat(files.file);
    await run();
    expect((await stat(files.file)).ino).toBe(ino);
    const later = at(1);
    revisions.saw('service', later);
    await run();
    expect(await files.stored()).toEqual({ service: later });
  });

  it('is shared by replicas: none takes back what another saw, and each learns of it', async () => {
    await using files = await place();
    const [one, two, ledger] = [await files.open(), await files.open(), randomUUIDv7()];
    one.saw('service', at(9, ledger));
    two.saw('service', at(4, ledger));
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    expect(await files.stored()).toEqual({ service: at(9, ledger) });
    expect(two.of('service')).toEqual(at(9, ledger));
  });

  it('takes a ledger that was begun later for the newer one, whatever its revision', async () => {
    await using files = await place();
    await using revisions = await files.open();
    const [older, newer] = [at(50, '01900000-0000-7000-8000-000000000000'), at(1, '01910000-0000-7000-8000-000000000000')];
    revisions.saw('service', older);
    revisions.saw('service', newer);
    revisions.saw('service', older);
    expect(revisions.of('service')).toEqual(newer);
  });

  it('that cannot be written fails its job, and does not keep the server from closing', async () => {
    await using files = await place();
    const revisions = await files.open();
    // A folder in its place: nothing can be renamed over it.
    await mkdir(files.file);
    revisions.saw('service', at(1));
    await expect(revisions.jobs[0]?.run(new AbortController().signal)).rejects.toMatchObject({ code: 'revisions-unreadable' });
    await revisions[Symbol.asyncDispose]();
    expect(files.events.at(-1)).toMatchObject({ type: 'revisions-unwritten', file: files.file });
  });

  it.each(['', '{', '[]', '{"service":{"ledger":"x"}}', '{"service":{"ledger":"x","revision":-1,"tag":"v1."}}'])(
    'refuses the start where it says nothing: %j',
    async (text) => {
      await using files = await place();
      await writeFile(files.file, text);
      await expect(files.open()).rejects.toMatchObject({ code: 'revisions-unreadable', status: 503 });
    },
  );
});
