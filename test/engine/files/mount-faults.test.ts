import { execFile, spawn } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createEmbeddedEngine } from '#engine/embedded/embedded.ts';
import { combineShares } from '#infra/secrets/unseal-shares.ts';
import { ROOT } from '#test/support/engine.ts';
import { PORTS, snapshot, testMounts, type TestMounts, valueOf } from '#test/support/mounts.ts';

const run = promisify(execFile);

const share = (mounts: TestMounts, n: number) => join(mounts.folder.secrets, `unseal-share-${n}`);
const copy = (mounts: TestMounts, n: number) => mounts.in('kms', `kms-unseal-share-${n}`);
const read = (file: string) => readFile(file, 'utf8');
const copies = (mounts: TestMounts) => Promise.all([1, 2, 3].map((n) => read(copy(mounts, n))));
const replace = async (file: string, text: string) => {
  await rm(file);
  await writeFile(file, text);
};
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Begins the program of another process: `prepare()` does what `mounts.prepare()` does here. */
const SCRIPT = (mounts: TestMounts) => `
import { prepareMounts } from '#engine/files/mounts/prepare-mounts.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
const prepare = () => prepareMounts({
  folder: stateFolder(${JSON.stringify(mounts.folder.path)}), target: ${JSON.stringify(mounts.target)},
  packageRoot: ${JSON.stringify(ROOT)}, ports: { identity: 8082, kms: 8081, partner: 11082 }, partner: true, hasData: async () => false,
  signal: new AbortController().signal, warn: () => {},
});
`;

describe('unseal shares for containers', () => {
  it('are the other three when originals are damaged', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare());
    const secret = hex(await combineShares(await copies(mounts)));
    const others = await Promise.all([2, 4, 5].map((n) => read(share(mounts, n))));
    await rm(mounts.target, { recursive: true });
    await writeFile(share(mounts, 1), 'damaged');
    await rm(share(mounts, 3));
    valueOf(await mounts.prepare({ hasData: () => Promise.resolve(true) }));
    expect(await copies(mounts)).toEqual(others);
    expect(hex(await combineShares(others))).toBe(secret);
  });

  it('come back from their copies, and a damaged copy from the state folder', async () => {
    await using mounts = await testMounts();
    const { hashes } = valueOf(await mounts.prepare());
    const first = await copies(mounts);
    await Promise.all([1, 2, 3, 4].map((n) => rm(share(mounts, n))));
    expect(valueOf(await mounts.prepare({ hasData: () => Promise.resolve(true) })).hashes).toEqual(hashes);
    expect(await Promise.all([1, 2, 3].map((n) => read(share(mounts, n))))).toEqual(first);
    await replace(copy(mounts, 2), 'damaged');
    valueOf(await mounts.prepare());
    expect(await copies(mounts)).toEqual(first);
    expect((await stat(copy(mounts, 2))).mode & 0o777).toBe(0o444);
  });

  it('come back from their copies for the embedded engine, too, which never makes new ones beside them', async () => {
    await using mounts = await testMounts();
    const embedded = createEmbeddedEngine({
      stateDir: mounts.folder.path,
      packageRoot: ROOT,
      profile: 'demo',
      demoSeed: true,
      portKms: PORTS.kms,
      portIdentity: PORTS.identity,
    });
    const never = new AbortController().signal;
    valueOf(await mounts.prepare());
    const first = await copies(mounts);
    await rm(mounts.folder.secrets, { recursive: true });
    valueOf(await embedded.prepare(never));
    expect(await Promise.all([1, 2, 3].map((n) => read(share(mounts, n))))).toEqual(first);
    await rm(mounts.folder.secrets, { recursive: true });
    await rm(copy(mounts, 1));
    expect(await embedded.prepare(never)).toMatchObject({ ok: false, error: { cause: { code: 'unseal-shares-lost' } } });
  });

  it('are never made anew while something may be sealed under lost ones', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare());
    await rm(mounts.folder.secrets, { recursive: true });
    await rm(mounts.in('kms'), { recursive: true });
    const refused = { ok: false, error: { cause: { code: 'unseal-shares-lost' }, fix: expect.stringContaining('backup') } };
    expect(await mounts.prepare({ hasData: () => Promise.resolve(true) })).toMatchObject(refused);
    // The embedded engine's data of the same state folder counts, too.
    await mkdir(join(mounts.folder.data, 'kms'), { recursive: true });
    await writeFile(join(mounts.folder.data, 'kms', 'service.sqlite'), randomUUIDv7());
    expect(await mounts.prepare()).toMatchObject(refused);
    expect((await readdir(mounts.folder.secrets)).filter((name) => name.startsWith('unseal'))).toEqual([]);
    expect(await readdir(mounts.in('kms'))).toEqual([]);
    await rm(join(mounts.folder.data, 'kms'), { recursive: true });
    valueOf(await mounts.prepare());
  });

  it('are never made anew while damaged copies say that there was a stack', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare());
    await rm(mounts.folder.secrets, { recursive: true });
    await replace(copy(mounts, 2), 'damaged');
    expect(await mounts.prepare()).toMatchObject({ ok: false, error: { cause: { code: 'unseal-shares-lost' } } });
    expect(await read(copy(mounts, 2))).toBe('damaged');
  });

  it('of another state folder are left as they are, with what to do', async () => {
    await using ours = await testMounts();
    await using theirs = await testMounts();
    valueOf(await ours.prepare());
    valueOf(await theirs.prepare());
    const before = await snapshot(theirs.target);
    const answer = await ours.prepare({ target: theirs.target });
    expect(answer).toMatchObject({
      ok: false,
      error: { cause: { code: 'sealed-by-others' }, fix: expect.stringContaining('--state-dir') },
    });
    expect(await snapshot(theirs.target)).toEqual(before);
    // A single foreign share among ours is refused as well.
    await replace(copy(ours, 2), await read(copy(theirs, 2)));
    expect(await ours.prepare()).toMatchObject({ ok: false, error: { cause: { code: 'sealed-by-others' } } });
  });

  it('are adopted by a state folder that has none, with the key of the signing keys', async () => {
    await using old = await testMounts();
    await using fresh = await testMounts();
    valueOf(await old.prepare());
    const before = await snapshot(old.target);
    valueOf(await fresh.prepare({ target: old.target }));
    const after = await snapshot(old.target);
    for (const name of ['kms/kms-unseal-share-1', 'kms/kms-unseal-share-3', 'identity/identity-signing-key-encryption']) {
      expect(after[name]).toEqual(before[name]);
    }
    expect(await read(share(fresh, 2))).toBe(before['kms/kms-unseal-share-2']?.text);
    expect((await stat(share(fresh, 2))).mode & 0o777).toBe(0o600);
    expect(await read(join(fresh.folder.secrets, 'identity-signing-key-encryption'))).toBe(
      before['identity/identity-signing-key-encryption']?.text,
    );
  });

  it('stay when another key of the signing keys stands in the target', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare());
    const key = join(mounts.folder.secrets, 'identity-signing-key-encryption');
    const ours = await read(key);
    await replace(mounts.in('identity', 'identity-signing-key-encryption'), ours.toLowerCase());
    expect(await mounts.prepare()).toMatchObject({ ok: false, error: { cause: { code: 'sealed-by-others' } } });
    expect(await read(key)).toBe(ours);
  });
});

describe('the folders for containers', () => {
  it('are refused when others can write to them, or when they belong to somebody else', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare());
    for (const path of [mounts.in('kms'), join(mounts.target, 'identity'), mounts.target]) {
      await chmod(path, 0o707);
      expect(await mounts.prepare()).toMatchObject({
        ok: false,
        error: { cause: { code: 'folder-open' }, fix: expect.stringContaining('chmod go-w') },
      });
      await chmod(path, 0o755);
    }
    valueOf(await mounts.prepare());
    expect((await stat(mounts.in('kms'))).mode & 0o777).toBe(0o700);
    if (process.getuid?.() !== 0) return process.stderr.write('only root can give a folder away: that part is left out\n');
    await chown(mounts.in('telemetry'), 65_534, 65_534);
    expect(await mounts.prepare()).toMatchObject({
      ok: false,
      error: { cause: { code: 'folder-not-ours' }, fix: expect.stringContaining('chown') },
    });
  });

  it('are refused when a group that is not the user alone can write to them', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare());
    await chmod(mounts.in('kms'), 0o770);
    const { gid } = await stat(mounts.in('kms'));
    const isOwnGroup = gid === process.getuid?.();
    expect((await mounts.prepare()).ok).toBe(isOwnGroup);
    if (process.getuid?.() !== 0) return process.stderr.write('only root can give a folder to another group: that part is left out\n');
    await chmod(mounts.in('kms'), 0o770);
    await chown(mounts.in('kms'), 0, 65_534);
    expect(await mounts.prepare()).toMatchObject({ ok: false, error: { cause: { code: 'folder-open' } } });
  });

  it('are refused when a link stands in the place of a file or a folder, and nothing is written through it', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare());
    const elsewhere = join(mounts.path, `elsewhere-${randomUUIDv7()}`);
    await writeFile(elsewhere, 'untouched');
    const refused = (code: string) => ({ ok: false, error: { cause: { code }, fix: expect.stringContaining('move it away') } });

    await rm(mounts.in('kms', 'stack.yml'));
    await symlink(elsewhere, mounts.in('kms', 'stack.yml'));
    expect(await mounts.prepare()).toMatchObject(refused('not-a-file'));
    await rm(mounts.in('kms', 'stack.yml'));
    // Docker makes a folder of a file that is not there.
    await mkdir(mounts.in('kms', 'stack.yml'));
    expect(await mounts.prepare()).toMatchObject(refused('not-a-file'));
    await rm(mounts.in('kms', 'stack.yml'), { recursive: true });
    valueOf(await mounts.prepare());

    await rename(join(mounts.target, 'kms'), `${elsewhere}-kms`);
    await symlink(`${elsewhere}-kms`, join(mounts.target, 'kms'));
    expect(await mounts.prepare()).toMatchObject(refused('not-a-folder'));
    await rm(join(mounts.target, 'kms'));
    await writeFile(join(mounts.target, 'kms'), 'a file');
    expect(await mounts.prepare()).toMatchObject(refused('not-a-folder'));
    expect(await read(elsewhere)).toBe('untouched');
  });

  it('lose what does not belong there, which is said, and what an interrupted run left', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare());
    const names = await readdir(mounts.in('kms'));
    await writeFile(mounts.in('kms', 'old.key'), 'old');
    await writeFile(mounts.in('kms', '.kms.pem.0123456789ab.tmp'), 'half');
    valueOf(await mounts.prepare());
    expect((await readdir(mounts.in('kms'))).toSorted()).toEqual(names.toSorted());
    expect(mounts.warnings).toEqual([`removed ${mounts.in('kms', 'old.key')}, which does not belong there`]);
  });

  it('are closed again, and their files opened again, when somebody changed that', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare());
    const before = await snapshot(mounts.target);
    await chmod(mounts.in('identity'), 0o755);
    await chmod(mounts.in('identity', 'identity.key'), 0o600);
    valueOf(await mounts.prepare());
    expect((await stat(mounts.in('identity'))).mode & 0o777).toBe(0o700);
    expect(await snapshot(mounts.target)).toEqual(before);
  });
});

describe('a preparation that does not end', () => {
  it('is completed by the next one after kill -9', async () => {
    await using mounts = await testMounts();
    for (const product of ['identity', 'kms', 'telemetry']) await mkdir(mounts.in(product), { recursive: true, mode: 0o700 });
    const script = `${SCRIPT(mounts)}\nawait prepare();\nconsole.log('done');`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    // It dies with the first file that it writes.
    const watcher = watch(mounts.in('kms'), () => child.kill('SIGKILL'));
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    watcher.close();
    expect([signal, said]).toEqual(['SIGKILL', []]);
    valueOf(await mounts.prepare());
    const whole = await snapshot(mounts.target);
    expect(Object.keys(whole)).toHaveLength(45);
    expect(await combineShares(await copies(mounts))).toHaveLength(32);
    valueOf(await mounts.prepare());
    expect(await snapshot(mounts.target)).toEqual(whole);
  });

  it('ends when it is interrupted, before anything is made', async () => {
    await using mounts = await testMounts();
    expect(await mounts.prepare({ signal: AbortSignal.abort() })).toMatchObject({ ok: false, error: { code: 'interrupted' } });
    expect(await readdir(mounts.path)).toEqual([]);
  });

  it('says what to do when the disk is full, and is completed when there is room', async () => {
    await using mounts = await testMounts();
    // A disk of its own that only this process sees: a user namespace may mount a tmpfs where the system lets it.
    await mkdir(mounts.target, { recursive: true });
    const script = `
import { execFileSync } from 'node:child_process';
${SCRIPT(mounts)}
const mount = (...args) => execFileSync('mount', args);
mount('-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'none', ${JSON.stringify(mounts.target)});
const full = await prepare();
mount('-o', 'remount,size=4m', ${JSON.stringify(mounts.target)});
const room = await prepare();
console.log(JSON.stringify({ full, room }));
`;
    const unshared = ['--user', '--map-root-user', '--mount', process.execPath, '--input-type=module-typescript', '-e', script];
    try {
      await run('unshare', ['--user', '--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'none', mounts.target]);
    } catch (error) {
      process.stderr.write(`a full disk cannot be made here: ${String(error)}\n`);
      return;
    }
    const { stdout } = await run('unshare', unshared, { cwd: ROOT });
    expect(JSON.parse(stdout)).toMatchObject({
      full: { ok: false, error: { code: 'prepare-failed', cause: { code: 'enospc' }, fix: expect.stringContaining('Free some space') } },
      room: { ok: true },
    });
  });
});
