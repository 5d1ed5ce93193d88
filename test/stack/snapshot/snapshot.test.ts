import { chmod, cp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StackEngine } from '#engine/stack-engine.ts';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import { openStack } from '#stack/open-stack.ts';
import { checkSnapshot } from '#stack/snapshot/check-snapshot.ts';
import { KNOWN_SCHEMAS } from '#stack/snapshot/known-schemas.gen.ts';
import type { Snapshot } from '#stack/snapshot/format/snapshot.ts';
import { restoreSnapshot } from '#stack/snapshot/restore-snapshot.ts';
import { disown, findSnapshot, listSnapshots, removeSnapshot } from '#stack/snapshot/store.ts';
import { type TestStack, testStack } from '#test/support/engine.ts';
import { canMount, smallDisk } from '#test/support/small-disk.ts';
import { readState, saidInDatabases, save, sayInDatabases } from '#test/support/snapshots.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const never = new AbortController().signal;

/** A prepared stack that is down, whose databases say `saved`, and a snapshot `seeded` of it; after that they say `later`. */
const savedStack = async (): Promise<TestStack & { readonly of: StackEngine }> => {
  const stack = await testStack();
  const of = stack.engine();
  expect((await of.prepare(never)).ok).toBe(true);
  await sayInDatabases(stack.stateDir, 'saved');
  await save(of, stack.stateDir);
  await sayInDatabases(stack.stateDir, 'later');
  return { ...stack, of, [Symbol.asyncDispose]: stack[Symbol.asyncDispose] };
};

const restore = async (
  { of: engine, stateDir }: { readonly of: StackEngine; readonly stateDir: string },
  start: (() => Promise<Result<unknown>>) | null = null,
): Promise<Result<null>> => restoreSnapshot({ engine, stateDir, snapshot: await findSnapshot(stateDir, 'seeded'), start, signal: never });

describe('A snapshot', () => {
  let stack: Awaited<ReturnType<typeof savedStack>>;
  beforeAll(async () => {
    stack = await savedStack();
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  it('is listed with what it is of, and its hash covers every file', async () => {
    const [listed] = await listSnapshots(stack.stateDir);
    expect(listed).toMatchObject({
      name: 'seeded',
      savedAt: '2030-01-02T03:04:05.000Z',
      engine: 'embedded',
      profile: 'demo',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const paths = (await findSnapshot(stack.stateDir, 'seeded')).files.map(({ path }) => path);
    const wanted = [
      'config/tenants.json',
      'data/identity/identity.sqlite',
      'data/kms/audit.sqlite',
      'secrets/unseal-share-5',
      'tls/ca/0-root.key',
    ];
    expect(wanted.filter((path) => !paths.includes(path))).toEqual([]);
  });

  it('lies in folders that nobody else enters, as files that nobody else reads', async () => {
    const { snapshots } = { snapshots: join(stack.stateDir, 'snapshots') };
    const modes = await Promise.all(
      (await readdir(snapshots, { recursive: true, withFileTypes: true })).map(async (entry) => {
        const { mode } = await stat(join(entry.parentPath, entry.name));
        return [entry.name, entry.isDirectory() ? 0o700 : 0o600, mode & 0o777] as const;
      }),
    );
    expect(modes.filter(([name, wanted, mode]) => wanted !== mode && name !== '.gitignore')).toEqual([]);
    expect(modes.length).toBeGreaterThan(30);
    expect((await stat(snapshots)).mode & 0o777).toBe(0o700);
    expect(await readFile(join(snapshots, '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('is not replaced unasked', async () => {
    await expect(save(stack.of, stack.stateDir)).rejects.toMatchObject({ code: 'snapshot-exists' });
    expect(saidInDatabases(stack.stateDir)).toEqual(['later']);
  });

  it('is refused where another engine, a newer schema or another one is wanted, and taken where it is older', async () => {
    const snapshot = await findSnapshot(stack.stateDir, 'seeded');
    const codeOf = (known: typeof KNOWN_SCHEMAS, engine: 'embedded' | 'docker' = 'embedded'): unknown => {
      try {
        return checkSnapshot(snapshot, engine, known);
      } catch (error) {
        return error;
      }
    };
    const identity = KNOWN_SCHEMAS['Identity'] ?? [];
    expect(codeOf(KNOWN_SCHEMAS, 'docker')).toMatchObject({
      code: 'snapshot-of-other-engine',
      fix: expect.stringContaining('--engine embedded'),
    });
    expect(codeOf({ ...KNOWN_SCHEMAS, Identity: identity.slice(0, -1) })).toMatchObject({ code: 'snapshot-newer' });
    expect(codeOf({ ...KNOWN_SCHEMAS, Identity: ['another', ...identity.slice(1)] })).toMatchObject({ code: 'snapshot-of-other-schema' });
    expect(codeOf({ ...KNOWN_SCHEMAS, Identity: [...identity, 'added-since'] })).toBeUndefined();
  });

  it('begins a stack of its own beside the first, with the same CA, secrets and tenants, also out of a copy of its folder', async () => {
    await using place = await temporaryDirectory();
    const copy = join(place.path, 'copy');
    await cp((await findSnapshot(stack.stateDir, 'seeded')).folder, copy, { recursive: true });
    const stateDir = join(place.path, 'second');
    const options = { stateDir, purpose: 'start', holder: 'test', ports: { kms: 22_181, identity: 22_182 }, env: {} } as const;
    const from = await findSnapshot(stateDir, copy);
    const named = await findSnapshot(stateDir, join(stack.stateDir, 'snapshots', 'seeded'));
    expect([from.name, named.name, named.hash]).toEqual([null, 'seeded', from.hash]);
    await using second = await openStack({ ...options, snapshot: from });
    expect(saidInDatabases(stateDir)).toEqual(['saved']);
    expect((await second.engine.prepare(never)).ok).toBe(true);
    for (const file of ['tls/ca.pem', 'tls/kms.pem', 'secrets/unseal-share-1', 'config/tenants.json']) {
      expect(await readState(stateDir, file)).toBe(await readState(stack.stateDir, file));
    }
    expect(second.engine.endpoints().kms.ready).toContain(':22181/');
    expect(await readdir(stateDir)).not.toContain('restoring');
  });

  it('begins none in a folder that has a stack', async () => {
    const { stateDir } = stack;
    const snapshot = await findSnapshot(stateDir, 'seeded');
    await expect(openStack({ stateDir, purpose: 'start', holder: 'test', env: {}, snapshot })).rejects.toMatchObject({
      code: 'state-folder-in-use',
      fix: expect.stringContaining('`passthru snapshot restore seeded`') as string,
    });
    expect(saidInDatabases(stateDir)).toEqual(['later']);
  });

  it('that is not there is told with those that are', async () => {
    await expect(findSnapshot(stack.stateDir, 'none')).rejects.toMatchObject({ code: 'snapshot-unknown', fix: 'There is seeded.' });
    await expect(findSnapshot(stack.stateDir, 'seedd')).rejects.toMatchObject({ code: 'snapshot-unknown', fix: 'Did you mean seeded?' });
    await expect(findSnapshot(stack.stateDir, './none')).rejects.toMatchObject({ code: 'snapshot-unknown' });
    await expect(findSnapshot(stack.stateDir, '../seeded.json')).rejects.toMatchObject({ code: 'snapshot-unknown' });
  });
});

describe('A restore', () => {
  it('brings data, secrets and tenants back as they were, and keeps the certificates that the stack has', async () => {
    await using stack = await savedStack();
    const { stateDir } = stack;
    const [secret, ca] = [await readState(stateDir, 'secrets/identity-cookie-keys'), await readState(stateDir, 'tls/ca.pem')];
    await writeFile(join(stateDir, 'secrets/identity-cookie-keys'), 'another');
    await rm(join(stateDir, 'tls'), { recursive: true });
    expect((await stack.engine().prepare(never)).ok).toBe(true);
    const newCa = await readState(stateDir, 'tls/ca.pem');
    expect(newCa).not.toBe(ca);
    expect(await restore(stack)).toEqual(ok(null));
    expect(saidInDatabases(stateDir)).toEqual(['saved']);
    expect(await readState(stateDir, 'secrets/identity-cookie-keys')).toBe(secret);
    expect(await readState(stateDir, 'tls/ca.pem')).toBe(newCa);
    expect((await readdir(stateDir)).filter((name) => /restor/.test(name))).toEqual([]);
  });

  it('brings the certificates back, too, after `down --volumes`, which leaves snapshots', async () => {
    await using stack = await savedStack();
    const { stateDir } = stack;
    const ca = await readState(stateDir, 'tls/ca.pem');
    expect((await stack.of.down({ volumes: true })).ok).toBe(true);
    expect(await readdir(stateDir)).toEqual(['snapshots']);
    expect(await restore(stack)).toEqual(ok(null));
    expect(await readState(stateDir, 'tls/ca.pem')).toBe(ca);
    expect(saidInDatabases(stateDir)).toEqual(['saved']);
  });

  it('refuses a snapshot of which one byte was changed, cut off or lost, names the file, and changes nothing', async () => {
    await using stack = await savedStack();
    const { folder } = await findSnapshot(stack.stateDir, 'seeded');
    const file = join(folder, 'data/kms/service.sqlite');
    const whole = await readFile(file);
    const damages: readonly (() => Promise<unknown>)[] = [
      async () => writeFile(file, Buffer.concat([whole.subarray(0, 100), Buffer.from([whole.readUInt8(100) ^ 1]), whole.subarray(101)])),
      () => truncate(file, whole.length - 1),
      () => rm(file),
    ];
    for (const damage of damages) {
      await damage();
      const refused = await restore(stack);
      expect(refused).toMatchObject({ ok: false, error: { code: 'snapshot-damaged', message: expect.stringContaining(file) } });
      expect(saidInDatabases(stack.stateDir)).toEqual(['later']);
      await writeFile(file, whole);
    }
    expect(await restore(stack)).toEqual(ok(null));
  });

  it('refuses a snapshot with a pipe in the place of a file at once, instead of waiting for somebody who writes into it', async () => {
    await using stack = await savedStack();
    const { folder } = await findSnapshot(stack.stateDir, 'seeded');
    const file = join(folder, 'secrets/unseal-share-1');
    await rm(file);
    await promisify(execFile)('mkfifo', [file]);
    const why = `${file} is no file, where one was saved`;
    expect(await restore(stack)).toMatchObject({ ok: false, error: { code: 'snapshot-damaged', message: why } });
    await using place = await temporaryDirectory();
    const options = { stateDir: join(place.path, 'second'), purpose: 'start', holder: 'test', engine: 'embedded', env: {} } as const;
    const snapshot = await findSnapshot(stack.stateDir, folder);
    await expect(openStack({ ...options, snapshot })).rejects.toMatchObject({ code: 'snapshot-damaged', message: why });
  });

  it('tells that a snapshot was removed or replaced since it was found, where its files are gone', async () => {
    await using stack = await savedStack();
    const { of: engine, stateDir } = stack;
    const restored = (snapshot: Snapshot) => restoreSnapshot({ engine, stateDir, snapshot, start: null, signal: never });
    const changed = { ok: false, error: { code: 'snapshot-changed', fix: expect.stringContaining('Try again') } };
    const named = await findSnapshot(stateDir, 'seeded');
    const byPath = await findSnapshot(stateDir, named.folder);
    const { snapshot: second } = await save(engine, stateDir, { replace: true });
    expect(await restored(named)).toMatchObject(changed);
    expect(await restored(byPath)).toMatchObject(changed);
    await removeSnapshot(stateDir, 'seeded');
    expect(await restored(second)).toMatchObject(changed);
    expect(saidInDatabases(stateDir)).toEqual(['later']);
  });

  it('refuses a snapshot whose record was changed, and the list says so', async () => {
    await using stack = await savedStack();
    const record = join(stack.stateDir, 'snapshots/seeded.json');
    const text = await readFile(record, 'utf8');
    for (const [from, to] of [
      ['"demo"', '"dev"'],
      ['secrets/', 'secrets/../../'],
      ['2030', '2031'],
    ] as const) {
      await writeFile(record, text.replace(from, to));
      await expect(findSnapshot(stack.stateDir, 'seeded')).rejects.toMatchObject({ code: 'snapshot-damaged' });
    }
    expect(await listSnapshots(stack.stateDir)).toEqual([{ name: 'seeded', damaged: true }]);
    await rm(record);
    await promisify(execFile)('mkfifo', [record]);
    await expect(findSnapshot(stack.stateDir, 'seeded')).rejects.toMatchObject({ code: 'snapshot-damaged' });
    expect(await listSnapshots(stack.stateDir)).toEqual([{ name: 'seeded', damaged: true }]);
    await rm(record);
    await writeFile(record, text.slice(1));
    // What it named is not known any more, so nothing is thought to be left over.
    await save(stack.of, stack.stateDir, { name: 'other' });
    await writeFile(record, text);
    expect(await restore(stack)).toEqual(ok(null));
  });

  it('gives a stack that is not well with the data its own back, and says why', async () => {
    await using stack = await savedStack();
    const seen: unknown[] = [];
    const start = async () => {
      seen.push(...saidInDatabases(stack.stateDir));
      return seen.length === 1 ? fail('health-timeout', 'not ready', { fix: 'Look at the log.' }) : ok(null);
    };
    const rolledBack = { code: 'restore-rolled-back', cause: { code: 'health-timeout' }, fix: 'Look at the log.' };
    expect(await restore(stack, start)).toMatchObject({ ok: false, error: rolledBack });
    expect(seen).toEqual(['saved', 'later']);
    expect((await readdir(stack.stateDir)).filter((name) => /restor/.test(name))).toEqual([]);
  });

  it('that was cut off before the stack was well is undone by the next command, however far it had come', async () => {
    await using stack = await savedStack();
    const { stateDir, portKms: kms, portIdentity: identity } = stack;
    const aside = join(stateDir, 'aside');
    await expect(
      restore(stack, async () => {
        await cp(join(stateDir, 'before-restore'), aside, { recursive: true });
        throw new TypeError('a bug');
      }),
    ).resolves.toMatchObject({ ok: false });
    for (const moved of [[], ['data/identity'], ['data/identity', 'data/kms'], ['data/identity', 'data/kms', 'secrets']]) {
      expect(await restore(stack)).toEqual(ok(null));
      // As a process leaves it that was killed while it put the old data back.
      await cp(aside, join(stateDir, 'before-restore'), { recursive: true });
      for (const part of moved) {
        await rm(join(stateDir, part), { recursive: true });
        await rename(join(stateDir, 'before-restore', part), join(stateDir, part));
      }
      const warnings: string[] = [];
      const options = { stateDir, engine: 'embedded', ports: { kms, identity }, env: {} } as const;
      await using _opened = await openStack({ ...options, purpose: 'find', holder: 'test', warn: (text) => void warnings.push(text) });
      expect(warnings).toEqual(['a restore that was cut off was undone: the stack has the data that it had before']);
      expect(saidInDatabases(stateDir)).toEqual(['later']);
      expect((await readdir(stateDir)).includes('before-restore')).toBe(false);
    }
  });
});

describe('Snapshots in their folder', () => {
  it('are removed by name, and with the last one goes the folder, unless others put something there', async () => {
    await using stack = await savedStack();
    const { stateDir } = stack;
    const snapshots = join(stateDir, 'snapshots');
    await save(stack.of, stateDir, { name: 'second' });
    await removeSnapshot(stateDir, 'seeded');
    expect((await readdir(snapshots)).length).toBe(3);
    await writeFile(join(snapshots, 'notes.txt'), 'mine');
    await removeSnapshot(stateDir, 'second');
    expect((await readdir(snapshots)).toSorted()).toEqual(['.gitignore', 'notes.txt']);
    await expect(removeSnapshot(stateDir, 'second')).rejects.toMatchObject({ code: 'snapshot-unknown' });
    await rm(join(snapshots, 'notes.txt'));
    await save(stack.of, stateDir);
    await removeSnapshot(stateDir, 'seeded');
    expect(await readdir(stateDir)).not.toContain('snapshots');
  });

  it('that were copied into it without a record stay, and those that were removed, replaced, or half removed go', async () => {
    await using stack = await savedStack();
    const { of: engine, stateDir } = stack;
    const snapshots = join(stateDir, 'snapshots');
    const folders = async () =>
      (await readdir(snapshots, { withFileTypes: true })).filter((each) => each.isDirectory()).map(({ name }) => name);
    const { folder, hash } = await findSnapshot(stateDir, 'seeded');
    await cp(folder, join(stateDir, 'kept'), { recursive: true });
    await save(engine, stateDir, { replace: true });
    const [second] = await folders();
    expect([await folders(), second === basename(folder)]).toEqual([[second], false]);
    await rename(join(stateDir, 'kept'), folder);
    await save(engine, stateDir, { name: 'b' });
    expect((await findSnapshot(stateDir, folder)).hash).toBe(hash);
    // As a kill leaves one: its record is gone, and it was told before that it is no snapshot any more.
    await disown(stateDir, 'seeded');
    await rm(join(snapshots, 'seeded.json'));
    await removeSnapshot(stateDir, 'b');
    expect(await folders()).toEqual([basename(folder)]);
  });

  it('go with a record that is damaged, where that still says which folder it means', async () => {
    await using stack = await savedStack();
    const record = join(stack.stateDir, 'snapshots/seeded.json');
    await writeFile(record, (await readFile(record, 'utf8')).replace('"demo"', '"dev"'));
    await removeSnapshot(stack.stateDir, 'seeded');
    expect(await readdir(stack.stateDir)).not.toContain('snapshots');
  });

  it('are there as before or as after, whenever one looks while one is saved in the place of another', async () => {
    await using stack = await savedStack();
    const { stateDir } = stack;
    const before = await findSnapshot(stateDir, 'seeded');
    const seen = new Set<string>();
    const done = new AbortController();
    const saving = save(stack.of, stateDir, { replace: true }).finally(() => done.abort());
    while (!done.signal.aborted) {
      const listed = await listSnapshots(stateDir);
      expect(listed.map(({ name }) => name)).toEqual(['seeded']);
      for (const each of listed) seen.add('hash' in each ? each.hash : 'damaged');
    }
    seen.add((await findSnapshot(stateDir, 'seeded')).hash);
    const after = (await saving).snapshot.hash;
    expect(after).not.toBe(before.hash);
    expect([...seen].toSorted()).toEqual([before.hash, after].toSorted());
  });

  it('that others could enter are closed to them', async () => {
    await using stack = await savedStack();
    await chmod(join(stack.stateDir, 'snapshots'), 0o755);
    await save(stack.of, stack.stateDir, { name: 'second' });
    expect((await stat(join(stack.stateDir, 'snapshots'))).mode & 0o777).toBe(0o700);
  });
});

describe.runIf(await canMount())('On a full disk', () => {
  it('a snapshot is not saved, the fix says so, nothing of it stays, and the next attempt with space succeeds', async () => {
    await using disk = await smallDisk(4);
    await using stack = await testStack();
    const stateDir = join(disk.path, 'state');
    const engine = stack.engine({ stateDir });
    expect((await engine.prepare(never)).ok).toBe(true);
    await sayInDatabases(stateDir, 'saved');
    await disk.fill();
    const full = { code: 'snapshot-not-saved', fix: expect.stringContaining('Free some space on that disk') };
    await expect(save(engine, stateDir)).rejects.toMatchObject(full);
    expect(await listSnapshots(stateDir)).toEqual([]);
    await disk.free();
    await save(engine, stateDir);
    // A restore needs space for the data once more: it says so before anything is exchanged.
    await sayInDatabases(stateDir, 'later');
    await disk.fill();
    expect(await restore({ of: engine, stateDir })).toMatchObject({ ok: false, error: { fix: full.fix } });
    await disk.free();
    expect(saidInDatabases(stateDir)).toEqual(['later']);
    expect(await restore({ of: engine, stateDir })).toEqual(ok(null));
    expect(saidInDatabases(stateDir)).toEqual(['saved']);
  });
});
