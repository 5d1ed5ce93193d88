import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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
    open: (acceptOlder = false) => openRevisions({ file, acceptOlder, emit: (event) => void events.push(event) }),
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

  it('is begun once, by one of the replicas that start at once, although nothing changes', async () => {
    await using files = await place();
    const replicas = await Promise.all(Array.from({ length: 4 }, () => files.open()));
    expect(await files.stored()).toEqual({});
    await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
    await using _again = await files.open();
    expect(files.events).toEqual([{ type: 'revisions-begun', file: files.file }]);
    expect(await readdir(dirname(files.file))).toEqual(['revisions.json']);
  });

  it('that is taken away before anything was seen is written again, so that the next start tells of no first day', async () => {
    await using files = await place();
    await using revisions = await files.open();
    await rm(files.file);
    await revisions.jobs[0]?.run(new AbortController().signal);
    expect(await files.stored()).toEqual({});
    expect(files.events.at(-1)).toEqual({ type: 'revisions-removed', file: files.file });
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

  it('loses nothing where replicas end at once: each has written what it alone saw', async () => {
    for (let round = 0; round < 8; round += 1) {
      await using files = await place();
      const replicas = await Promise.all(Array.from({ length: 4 }, () => files.open()));
      const seen = replicas.map((replica) => {
        const [owner, position] = [randomUUID(), at(7)];
        replica.saw(owner, position);
        return [owner, position] as const;
      });
      await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
      expect(await files.stored()).toEqual(Object.fromEntries(seen));
      expect(await readdir(dirname(files.file))).toEqual(['revisions.json']);
    }
  });

  it.each(['by the next run of its job', 'at its end'])('that another replica took back is mended %s', async (when) => {
    await using files = await place();
    const [revisions, ledger] = [await files.open(), randomUUIDv7()];
    const run = () => revisions.jobs[0]?.run(new AbortController().signal);
    revisions.saw('service', at(9, ledger));
    await run();
    await writeFile(files.file, JSON.stringify({ service: at(4, ledger) }));
    await (when === 'at its end' ? revisions[Symbol.asyncDispose]() : run());
    expect(await files.stored()).toEqual({ service: at(9, ledger) });
  });

  it('that is removed while a KMS runs is written again, and it says so once', async () => {
    await using files = await place();
    await using revisions = await files.open();
    const run = () => revisions.jobs[0]?.run(new AbortController().signal);
    const seen = at(9);
    revisions.saw('service', seen);
    await run();
    await rm(files.file);
    await run();
    await run();
    expect(await files.stored()).toEqual({ service: seen });
    expect(files.events).toEqual([
      { type: 'revisions-begun', file: files.file },
      { type: 'revisions-removed', file: files.file },
    ]);
  });

  it('is written although a replica that was killed left its lock', async () => {
    await using files = await place();
    const [revisions, lock, seen] = [await files.open(), `${files.file}.lock`, at(1)];
    await writeFile(lock, 'of somebody');
    await utimes(lock, 0, 0);
    revisions.saw('service', seen);
    await revisions[Symbol.asyncDispose]();
    expect(await files.stored()).toEqual({ service: seen });
    expect(await readdir(dirname(files.file))).toEqual(['revisions.json']);
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
    await rm(files.file);
    await mkdir(files.file);
    revisions.saw('service', at(1));
    await expect(revisions.jobs[0]?.run(new AbortController().signal)).rejects.toMatchObject({ code: 'revisions-unreadable' });
    await revisions[Symbol.asyncDispose]();
    expect(files.events.at(-1)).toMatchObject({ type: 'revisions-unwritten', file: files.file });
  });

  it('that cannot be begun is told, and its job goes on trying', async () => {
    await using files = await place();
    const file = join(files.file, 'of-no-folder', 'revisions.json');
    await using revisions = await openRevisions({ file, acceptOlder: false, emit: (event) => void files.events.push(event) });
    expect(files.events).toMatchObject([{ type: 'revisions-unwritten', file }]);
    await expect(revisions.jobs[0]?.run(new AbortController().signal)).rejects.toMatchObject({ code: 'ENOENT' });
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
