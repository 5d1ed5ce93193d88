import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { leavesWith, permittedWith } from '#engine/files/leaves.ts';
import { acquireLock } from '#engine/state/lock.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { checkCertificates } from '#stack/doctor/folder/certificates.ts';
import { checkDisk } from '#stack/doctor/folder/disk.ts';
import { checkLock } from '#stack/doctor/folder/lock.ts';
import { checkStateFolder } from '#stack/doctor/folder/state-folder.ts';
import { thisMachine } from '#stack/doctor/patient/machine.ts';
import { writeStackRecord } from '#stack/record/stack-record.ts';
import { unique } from '#test/support/demo-engine.ts';
import { canMount, smallDisk } from '#test/support/small-disk.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { NOW, patient } from './patient.ts';

/** No mode keeps root out. */
const isRoot = process.getuid?.() === 0;
if (isRoot) process.stderr.write('a folder that its user may not write is not tested: root may write everywhere\n');

const DAY = 86_400_000;
const MiB = 1024 ** 2;

describe('The doctor finds in a state folder', () => {
  it.each([
    ['a file in its place', async (path: string) => writeFile(path, ''), 'is a file', 'A file stands where a folder should be'],
    [
      'a folder in which others may write',
      async (path: string) => (await mkdir(path), await chmod(path, 0o777)),
      'other users can write to',
      'chmod go-w',
    ],
    [
      'secrets in a folder in which others may write',
      async (path: string) => (await mkdir(join(path, 'secrets'), { recursive: true }), await chmod(join(path, 'secrets'), 0o777)),
      'other users can write to',
      'chmod go-w',
    ],
    ['a way to it that leads through a file', async (path: string) => symlink('/dev/null', path), 'is a file', 'A file stands'],
  ])('%s', async (_what, prepare, text, fix) => {
    await using folder = await temporaryDirectory();
    const stateDir = join(folder.path, unique('state'));
    await prepare(stateDir);
    expect(await checkStateFolder(patient({ stateDir }))).toMatchObject({
      result: 'fault',
      text: expect.stringContaining(text),
      fix: expect.stringContaining(fix),
    });
  });

  it.skipIf(isRoot)('that this user may not write where it would be made', async () => {
    await using folder = await temporaryDirectory();
    await chmod(folder.path, 0o500);
    const stateDir = join(folder.path, 'state');
    expect(await checkStateFolder(patient({ stateDir }))).toMatchObject({
      result: 'fault',
      text: `${folder.path} cannot be written by this user, so that ${stateDir} cannot be made`,
      fix: 'Name a folder of your own with --state-dir.',
    });
  });

  it('that it was moved away from what runs on Docker', async () => {
    await using folder = await temporaryDirectory();
    const record = { engine: 'docker', stateDir: '/srv/before', portKms: 8081, portIdentity: 8082, profile: 'demo' } as const;
    await writeStackRecord({ ...record, stateDir: folder.path });
    const file = join(folder.path, 'config/stack.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace(folder.path, '/srv/before'));
    expect(await checkStateFolder(patient({ stateDir: folder.path }))).toMatchObject({
      result: 'warning',
      text: expect.stringContaining('was copied or moved from /srv/before'),
    });
  });

  it('no fault in one that is there, nor in one that is not there yet', async () => {
    await using folder = await temporaryDirectory();
    expect(await checkStateFolder(patient({ stateDir: folder.path }))).toEqual({ result: 'ok', text: folder.path });
    const later = join(folder.path, 'a/b');
    expect(await checkStateFolder(patient({ stateDir: later }))).toEqual({ result: 'ok', text: `${later}, which the first start makes` });
  });

  it('a lock that a living process holds, in the words of the command that would find it', async () => {
    await using folder = await temporaryDirectory();
    await using _lock = orThrow(await acquireLock({ stateDir: folder.path, command: 'demo all', now: () => NOW - 5_000 }));
    const refused = await acquireLock({ stateDir: folder.path, command: 'demo kms', now: () => NOW });
    const words = refused.ok ? '' : refused.error.message;
    expect(words).toContain('passthru demo all (pid');
    expect(await checkLock(patient({ stateDir: folder.path }))).toMatchObject({
      result: 'fault',
      text: words,
      fix: expect.stringContaining('Wait until it ends'),
    });
  });

  it('a lock that was left behind, and one that is damaged, which the next command replaces', async () => {
    await using folder = await temporaryDirectory();
    const gone = { pid: 2 ** 22 + 1, identity: 'gone', command: 'demo all', acquired_at: NOW, folder: folder.path };
    await writeFile(join(folder.path, 'lock'), JSON.stringify(gone));
    expect(await checkLock(patient({ stateDir: folder.path }))).toMatchObject({
      result: 'warning',
      text: expect.stringContaining('which is gone'),
    });
    await writeFile(join(folder.path, 'lock'), '{');
    expect(await checkLock(patient({ stateDir: folder.path }))).toMatchObject({
      result: 'warning',
      text: expect.stringContaining('was damaged'),
    });
    expect(await checkLock(patient({ stateDir: join(folder.path, 'none') }))).toMatchObject({ result: 'ok' });
  });

  it.each([
    ['space', { bytes: 3 * MiB, files: 1_000 }, 'fault', 'has 3 MiB free'],
    ['room for files', { bytes: 900 * MiB, files: 5 }, 'fault', 'room for 5 more files'],
    ['space for logs', { bytes: 100 * MiB, files: null }, 'warning', 'has 100 MiB free; logs and traces'],
  ])('that its disk has too little %s', async (_what, room, result, text) => {
    expect(await checkDisk(patient({ machine: { roomIn: async () => room } }))).toMatchObject({
      result,
      text: expect.stringContaining(text),
      fix: expect.stringContaining('Free some space'),
    });
  });
});

describe.runIf(await canMount())('On a disk that is full', () => {
  it('the doctor finds that it is', async () => {
    await using disk = await smallDisk(24);
    const asked = () => checkDisk(patient({ stateDir: join(disk.path, 'state'), machine: { roomIn: thisMachine.roomIn } }));
    expect(await asked()).toMatchObject({ result: 'warning' });
    await disk.fill();
    expect(await asked()).toMatchObject({ result: 'fault', text: `the disk of ${disk.path} has 0 MiB free` });
  });
});

describe('The doctor finds in certificates', () => {
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeAll(async () => {
    folder = await temporaryDirectory();
    await prepareTls({ directory: join(folder.path, 'tls'), leaves: leavesWith([]), permitted: permittedWith([]), now: () => NOW });
    return () => folder[Symbol.asyncDispose]();
  });
  const seen = (later: number) => checkCertificates(patient({ stateDir: folder.path, machine: { now: () => NOW + later } }));

  it('nothing wrong while they are good, and none in an empty folder', async () => {
    expect(await seen(0)).toEqual({ result: 'ok', text: expect.stringMatching(/^11, all good until 2026-08-30 or longer$/) });
    expect(await checkCertificates(patient())).toMatchObject({ result: 'ok', text: expect.stringContaining('none yet') });
  });

  it('those that expired, with the day, and those that are about to', async () => {
    const expired = await seen(91 * DAY);
    expect(expired).toMatchObject({ result: 'warning', fix: expect.stringContaining('`passthru prepare`') });
    expect(expired.text).toContain('kms.pem expired on 2026-08-30');
    expect((await seen(85 * DAY)).text).toContain('kms.pem: it expires soon');
  });

  it('a CA that is about to end, and says who will need the new one', async () => {
    expect(await seen(3_640 * DAY)).toMatchObject({
      result: 'warning',
      text: expect.stringContaining('whoever trusts it'),
      fix: expect.stringContaining('`passthru trust`'),
    });
  });

  it('one that is no certificate, and a CA that does not permit a further name', async () => {
    const [good, path] = [await readFile(join(folder.path, 'tls/kms.pem'), 'utf8'), join(folder.path, 'tls/kms.pem')];
    await writeFile(path, 'nothing');
    expect((await seen(0)).text).toBe('kms.pem: it cannot be read');
    await writeFile(path, good);
    const { options, ...rest } = patient({ stateDir: folder.path });
    const other = await checkCertificates({ ...rest, options: { ...options, hosts: ['kms.example.org'] } });
    expect(other.text).toContain('does not permit kms.example.org');
  });
});
