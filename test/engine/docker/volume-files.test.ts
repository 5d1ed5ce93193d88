import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fakeStack, haveImages } from '#test/engine/docker/support/fake-stack.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const ALL = ['kms', 'kms-postgres', 'identity', 'identity-postgres', 'telemetry'] as const;
const never = new AbortController().signal;

/** A stack that is up, whose volumes hold a tar that says whose it is. */
const runningStack = async () => {
  const stack = await fakeStack();
  const { fake, project } = stack;
  stack.have(...ALL.map((part) => stack.owned(part)));
  for (const server of ['kms', 'identity']) {
    const labels = { 'com.docker.compose.project': project, 'com.docker.compose.volume': `${server}-postgres-data` };
    fake.volumes.push({ id: `${server}-data`, name: `${server}-data`, labels });
    fake.archives.set(`${server}-postgres-1`, Buffer.from(`tar of ${server}`));
  }
  return stack;
};

describe('The databases of a stack on Docker', () => {
  it('are copied as they are when every server is down, each ended before the one that it depends on', async () => {
    await using stack = await runningStack();
    await using folder = await temporaryDirectory();
    const copied = await stack.engine().databases.copyTo(folder.path, never);
    expect(copied).toMatchObject({ ok: true, value: { stopped: true } });
    expect(stack.fake.requests.map((request) => request.split(' ').slice(0, 2).join(' '))).toEqual([
      'stop kms-1',
      'stop identity-1',
      'stop kms-postgres-1',
      'stop identity-postgres-1',
    ]);
    for (const server of ['kms', 'identity']) {
      expect(gunzipSync(await readFile(join(folder.path, server, 'volume.tar.gz'))).toString()).toBe(`tar of ${server}`);
    }
  });

  it('take the place of others in new volumes, and a server that had none has none', async () => {
    await using stack = await runningStack();
    await using folder = await temporaryDirectory();
    const { fake } = stack;
    await haveImages(fake);
    await mkdir(join(folder.path, 'kms'));
    await mkdir(join(folder.path, 'identity'));
    await writeFile(join(folder.path, 'kms', 'volume.tar.gz'), 'packed');
    // Compose makes the container when it is asked to, after the old one and its volume are gone.
    fake.before = async (request) => {
      if (request === 'remove volume kms-data') stack.have(stack.owned('kms-postgres', { status: 'created' }));
    };
    expect(await stack.engine().databases.takeFrom(folder.path, never)).toEqual({ ok: true, value: null });
    expect([...fake.unpacked].map(([id, tar]) => [id, tar.toString()])).toEqual([['kms-postgres-1', 'packed']]);
    expect(fake.requests).toContain('unpack kms-postgres-1 /var/lib/postgresql/data');
    expect(fake.volumes).toEqual([]);
    // It may be called again: nothing is left to be done.
    expect(await readdir(folder.path)).toEqual([]);
    const before = fake.requests.length;
    expect((await stack.engine().databases.takeFrom(folder.path, never)).ok).toBe(true);
    expect(fake.requests).toHaveLength(before);
  });

  it('are not moved aside by half: a copy that fails leaves the volumes and no part of it', async () => {
    await using stack = await runningStack();
    await using folder = await temporaryDirectory();
    stack.fake.archives.delete('kms-postgres-1');
    const aside = join(folder.path, 'data');
    await mkdir(aside);
    expect(await stack.engine().databases.moveTo(aside, never)).toMatchObject({ ok: false, error: { code: 'databases-not-copied' } });
    expect(await readdir(aside)).toEqual([]);
    expect(stack.fake.volumes).toHaveLength(2);
  });

  it('of the profile ci are in memory: the refusal says with which they are not', async () => {
    await using stack = await runningStack();
    await using folder = await temporaryDirectory();
    const refused = await stack.engine({ profile: 'ci' }).databases.copyTo(folder.path, never);
    expect(refused).toMatchObject({ ok: false, error: { code: 'data-in-memory', fix: expect.stringContaining('--profile demo') } });
    expect(stack.fake.requests).toEqual([]);
  });
});
