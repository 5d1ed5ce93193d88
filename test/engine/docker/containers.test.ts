import { randomUUIDv7 } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBatch } from '#engine/docker/batch.ts';
import type { DockerConnection } from '#engine/docker/connection/context.ts';
import { bringUp } from '#engine/docker/containers/bring-up.ts';
import { sweep } from '#engine/docker/containers/sweep.ts';
import { down } from '#engine/docker/down.ts';
import { OURS } from '#engine/docker/project/labels.ts';
import { ownLabels, thisHost } from '#engine/docker/project/owner-label.ts';
import { findPortConflicts } from '#engine/docker/port-conflicts.ts';
import { projectOf } from '#engine/docker/project/project.ts';
import { type ServiceName, SERVICES } from '#engine/engine.ts';
import { ownIdentity } from '#engine/state/process-identity.ts';
import { container, type FakeDocker, fakeDocker } from '#test/engine/docker/support/docker-api.ts';
import { type Answer, fakeProgram } from '#test/engine/docker/support/fake-docker-program.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TAG = '0123456789abcdef';
const CREATE = ' create --no-build --pull never ';

const testProject = (stateDir: string, packageRoot = ROOT) =>
  projectOf({ stateDir, portKms: 28_081, portIdentity: 28_082, packageRoot, profile: 'demo' });

/** A container of a project, with labels of ours. */
const owned = (project: string, service: string, details: Parameters<typeof container>[1] = {}, labels: Record<string, string> = {}) => {
  const made = container(service, details);
  return { ...made, labels: { ...made.labels, 'com.docker.compose.project': project, ...labels } };
};

const have = (fake: FakeDocker, ...containers: readonly ReturnType<typeof container>[]): void => {
  for (const each of containers) fake.containers.set(each.id, each);
};

describe('bringing services up', () => {
  const hashes = Object.fromEntries(
    ['kms', 'kms-postgres', 'identity', 'identity-postgres', 'telemetry'].map((part) => [part, `hash of ${part}`]),
  );

  const withImages = (): FakeDocker => {
    const fake = fakeDocker();
    for (const service of SERVICES) fake.images.set(`passthru-${service}:${TAG}`, { id: service, taggedAt: 0 });
    fake.images.set('postgres:17-trixie', { id: 'postgres', taggedAt: 0, label: false });
    return fake;
  };

  /** One call, with a Compose that answers so and makes nothing: what it would have made is there already. */
  const run = async (
    fake: FakeDocker,
    services: readonly ServiceName[],
    options: { answers?: readonly Answer[]; stateDir: string; packageRoot?: string },
  ) => {
    await using program = await fakeProgram(...(options.answers ?? [{ to: CREATE }]));
    const connection: DockerConnection = { name: 'test', version: null, endpoint: { kind: 'socket', path: '/nowhere' }, env: program.env };
    const project = testProject(options.stateDir, options.packageRoot);
    const own = await ownLabels({ stateDir: options.stateDir, owner: 'process' });
    const signal = new AbortController().signal;
    const conflicts = () => Promise.resolve([]);
    const done = await bringUp(services, {
      connection,
      api: fake.api,
      project,
      tag: TAG,
      own,
      hashes,
      conflicts,
      progress: () => {},
      signal,
    });
    return { done, calls: await program.calls(), override: await readFile(project.override, 'utf8').catch(() => '') };
  };

  it('makes all their containers by one call of Compose, and starts them side by side, databases first', async () => {
    await using state = await temporaryDirectory();
    const fake = withImages();
    const { name } = testProject(state.path);
    have(
      fake,
      ...['kms', 'kms-postgres', 'identity', 'identity-postgres', 'telemetry'].map((part) => owned(name, part, { status: 'created' })),
    );
    // No start is answered before all have been asked for.
    let open = (): void => {};
    const all = new Promise<void>((resolve) => (open = resolve));
    fake.before = async (request) => {
      if (fake.requests.filter((each) => each.startsWith('start')).length === 5) open();
      if (request.startsWith('start')) await all;
    };
    const { done, calls } = await run(fake, SERVICES, { stateDir: state.path });
    expect(calls.map(({ args }) => args.slice(args.indexOf('create')))).toEqual([
      'create --no-build --pull never telemetry identity-postgres identity kms-postgres kms',
    ]);
    expect([...done.values()]).toEqual(Array.from({ length: 3 }, () => ({ ok: true, value: 'started' })));
    expect(fake.requests.slice(0, 2)).toEqual(['start identity-postgres-1', 'start kms-postgres-1']);
  });

  it('leaves what runs alone, and repeats its labels word for word, so that Compose makes nothing anew', async () => {
    await using state = await temporaryDirectory();
    const fake = withImages();
    const { name } = testProject(state.path);
    const labels = {
      [OURS.owner]: 'an earlier run',
      [OURS.configHash]: 'hash of telemetry',
      [OURS.stateDir]: '/with $HOME in it',
    };
    have(fake, owned(name, 'telemetry', {}, labels));
    const { done, override } = await run(fake, ['telemetry'], { stateDir: state.path });
    expect(done.get('telemetry')).toEqual({ ok: true, value: 'already-running' });
    expect(fake.requests).toEqual([]);
    expect(override).toContain('passthru.owner: an earlier run');
    // Compose takes a single dollar for a variable.
    expect(override).toContain('/with $$HOME in it');
  });

  it('gives a container whose files changed labels of this run, so that Compose makes it anew', async () => {
    await using state = await temporaryDirectory();
    const fake = withImages();
    const { name } = testProject(state.path);
    have(fake, owned(name, 'telemetry', {}, { [OURS.owner]: 'an earlier run', [OURS.configHash]: 'hash of older files' }));
    const { override } = await run(fake, ['telemetry'], { stateDir: state.path });
    expect(override).not.toContain('an earlier run');
    expect(override).toContain('hash of telemetry');
    expect(override).toContain(`passthru.owner: process ${process.pid} ${await ownIdentity()}`);
  });

  it('starts what has ended, wakes what is paused, and removes what is dead before Compose makes it anew', async () => {
    await using state = await temporaryDirectory();
    const fake = withImages();
    const { name } = testProject(state.path);
    have(
      fake,
      owned(name, 'kms', { status: 'paused' }),
      owned(name, 'kms-postgres', { status: 'exited', exitCode: 137 }),
      owned(name, 'telemetry', { status: 'created' }),
      owned(name, 'telemetry', { id: 'telemetry-dead', status: 'dead' }),
    );
    const { done } = await run(fake, ['telemetry', 'kms'], { stateDir: state.path });
    expect(fake.requests.toSorted()).toEqual(['remove telemetry-dead', 'start kms-postgres-1', 'start telemetry-1', 'unpause kms-1']);
    expect(done.get('kms')).toEqual({ ok: true, value: 'restarted' });
    expect(done.get('telemetry')).toEqual({ ok: true, value: 'started' });
  });

  it('makes a container anew, once, when it cannot be started because somebody took its network', async () => {
    await using state = await temporaryDirectory();
    const fake = withImages();
    const { name } = testProject(state.path);
    have(fake, owned(name, 'telemetry', { status: 'created' }));
    fake.before = (request) => {
      if (request === 'remove telemetry-1') have(fake, owned(name, 'telemetry', { id: 'telemetry-2', status: 'created' }));
      return request === 'start telemetry-1' ? Promise.reject(new Error('network 1234 not found')) : Promise.resolve();
    };
    const { done, calls } = await run(fake, ['telemetry'], { stateDir: state.path });
    expect(fake.requests).toEqual(['start telemetry-1', 'remove telemetry-1', 'start telemetry-2']);
    expect(calls).toHaveLength(2);
    expect(done.get('telemetry')).toEqual({ ok: true, value: 'started' });
  });

  it('tells why a container cannot be started, when new ones do not help', async () => {
    await using state = await temporaryDirectory();
    const fake = withImages();
    have(fake, owned(testProject(state.path).name, 'telemetry', { status: 'created' }));
    fake.before = (request) =>
      request.startsWith('start')
        ? Promise.reject(new Error('Bind for 127.0.0.1:31081 failed: port is already allocated'))
        : Promise.resolve();
    const { done } = await run(fake, ['telemetry'], { stateDir: state.path });
    expect(done.get('telemetry')).toMatchObject({
      ok: false,
      error: { code: 'port-taken', fix: expect.stringContaining('--port-kms') as string },
    });
  });

  it('tells what Compose could not do, and what helps: no address pool, no space, no image', async () => {
    await using state = await temporaryDirectory();
    const said = [
      ['Error response from daemon: all predefined address pools have been fully subnetted', 'docker-address-pools'],
      ['Error response from daemon: write /var/lib/docker/x: no space left on device', 'docker-disk-full'],
      ['Error response from daemon: No such image: passthru-kms:0123456789abcdef', 'image-gone'],
      ['Error response from daemon: something new', 'containers-not-made'],
    ] as const;
    for (const [message, code] of said) {
      const answers = [{ to: CREATE, code: 1, stderr: `${JSON.stringify({ error: true, message })}\n` }];
      const { done } = await run(withImages(), ['kms'], { stateDir: state.path, answers });
      expect(done.get('kms')).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(message) as string } });
    }
  });

  it('starts nothing of a service whose port is taken, and the others all the same', async () => {
    await using state = await temporaryDirectory();
    const fake = withImages();
    const project = testProject(state.path);
    have(fake, owned(project.name, 'telemetry', { status: 'created' }), owned(project.name, 'kms', { status: 'created' }));
    await using program = await fakeProgram({ to: CREATE });
    const done = await bringUp(['telemetry', 'kms'], {
      connection: { name: 'test', version: null, endpoint: { kind: 'socket', path: '/nowhere' }, env: program.env },
      api: fake.api,
      project,
      tag: TAG,
      own: {},
      hashes,
      conflicts: () => Promise.resolve([{ port: 28_081, service: 'kms', holder: 'container other-web-1 of project other' }]),
      progress: () => {},
      signal: new AbortController().signal,
    });
    expect(done.get('kms')).toMatchObject({
      ok: false,
      error: { message: 'port 28081 of kms is held by container other-web-1 of project other' },
    });
    expect(fake.requests).toEqual(['start telemetry-1']);
  });

  it('ends Compose and says that it was interrupted, when it is', async () => {
    await using state = await temporaryDirectory();
    await using program = await fakeProgram({ to: CREATE, stdout: '{"id":"Container x","status":"Creating"}\n', hangs: true });
    const control = new AbortController();
    const done = await bringUp(['telemetry'], {
      connection: { name: 'test', version: null, endpoint: { kind: 'socket', path: '/nowhere' }, env: program.env },
      api: withImages().api,
      project: testProject(state.path),
      tag: TAG,
      own: {},
      hashes,
      conflicts: () => Promise.resolve([]),
      progress: () => control.abort(),
      signal: control.signal,
    });
    expect(done.get('telemetry')).toMatchObject({ ok: false, error: { code: 'interrupted' } });
  });

  it('takes the labels of networks and volumes from the Compose files of the package that it runs', async () => {
    await using state = await temporaryDirectory();
    await using folder = await temporaryDirectory();
    await cp(join(ROOT, 'deployments'), join(folder.path, 'deployments'), { recursive: true });
    const fake = withImages();
    have(fake, owned(testProject(state.path).name, 'telemetry', { status: 'created' }));
    const { override } = await run(fake, ['telemetry'], { stateDir: state.path, packageRoot: folder.path });
    for (const name of [
      'kms-network',
      'identity-network',
      'telemetry-network',
      'kms-postgres-data',
      'identity-postgres-data',
      'telemetry-data',
    ]) {
      expect(override).toContain(`  ${name}:\n    labels:`);
    }
  });
});

describe('calls that come in one turn', () => {
  it('are one piece of work, and the next ones wait until it is done', async () => {
    const batches: string[][] = [];
    let running = 0;
    const { do: call } = createBatch<string, string>(async (keys) => {
      running += 1;
      expect(running).toBe(1);
      batches.push([...keys]);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return new Map(keys.map((key) => [key, `${key} done`]));
    });
    const signal = new AbortController().signal;
    const first = ['a', 'b', 'a'].map((key) => call(key, signal));
    await new Promise((resolve) => setImmediate(resolve));
    const later = call('c', signal);
    expect(await Promise.all([...first, later])).toEqual(['a done', 'b done', 'a done', 'c done']);
    expect(batches).toEqual([['a', 'b'], ['c']]);
  });

  it('are waited for by whoever wants nothing under way, however they end', async () => {
    const { promise: going, reject } = Promise.withResolvers<ReadonlyMap<string, string>>();
    const batch = createBatch<string, string>(() => going);
    await batch.idle();
    const call = batch.do('a', new AbortController().signal);
    const events: string[] = [];
    const idle = batch.idle().then(() => events.push('idle'));
    const failed = call.catch(() => events.push('failed'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(events).toEqual([]);
    reject(new Error('no engine'));
    await Promise.all([idle, failed]);
    expect(events.toSorted()).toEqual(['failed', 'idle']);
  });

  it('fail together, and the next ones do not fail with them', async () => {
    let first = true;
    const { do: call } = createBatch<string, string>((keys) => {
      if (!first) return Promise.resolve(new Map(keys.map((key) => [key, 'done'])));
      first = false;
      return Promise.reject(new Error('no engine'));
    });
    const signal = new AbortController().signal;
    await expect(Promise.all([call('a', signal), call('b', signal)])).rejects.toThrow('no engine');
    expect(await call('c', signal)).toBe('done');
  });
});

describe('taking a stack down', () => {
  const stack = async (fake: FakeDocker) => {
    const state = await temporaryDirectory();
    const project = testProject(join(state.path, `state-${randomUUIDv7()}`));
    have(fake, ...['kms', 'kms-postgres', 'identity', 'identity-postgres', 'telemetry'].map((part) => owned(project.name, part)));
    const label = { 'com.docker.compose.project': project.name };
    fake.networks.push({ id: 'n1', name: 'kms-network', labels: label });
    fake.volumes.push({ id: 'v1', name: 'v1', labels: { ...label, 'com.docker.compose.volume': 'kms-postgres-data' } });
    fake.volumes.push({ id: 'v2', name: 'v2', labels: { ...label, 'com.docker.compose.volume': 'identity-postgres-data' } });
    const run = (options: Partial<Parameters<typeof down>[0]> = {}) =>
      down({ api: () => Promise.resolve(fake.api), project, services: SERVICES, volumes: false, graceMs: 8_000, ...options });
    return { project, run, [Symbol.asyncDispose]: () => state[Symbol.asyncDispose]() };
  };

  it('ends nobody before those that need it, removes containers and networks, and keeps the data', async () => {
    const fake = fakeDocker();
    await using tested = await stack(fake);
    expect(await tested.run()).toEqual({ ok: true, value: ['kms', 'identity', 'telemetry', 'kms-postgres', 'identity-postgres'] });
    const stops = fake.requests.filter((request) => request.startsWith('stop')).map((request) => request.split(' ')[1]);
    expect(stops[0]).toBe('kms-1');
    expect(stops.indexOf('identity-1')).toBeLessThan(stops.indexOf('identity-postgres-1'));
    expect(stops.indexOf('identity-1')).toBeLessThan(stops.indexOf('telemetry-1'));
    expect(fake.containers.size).toBe(0);
    expect(fake.networks).toEqual([]);
    expect(fake.volumes).toHaveLength(2);
  });

  it('removes the data, too, when asked to, and only that of the services that were named', async () => {
    const fake = fakeDocker();
    await using tested = await stack(fake);
    expect(await tested.run({ services: ['kms'], volumes: true })).toEqual({ ok: true, value: ['kms', 'kms-postgres'] });
    expect([...fake.containers.keys()].toSorted()).toEqual(['identity-1', 'identity-postgres-1', 'telemetry-1']);
    expect(fake.volumes.map(({ id }) => id)).toEqual(['v2']);
    expect(fake.networks).toHaveLength(1);
  });

  it('also ends what the project has besides, and what is paused', async () => {
    const fake = fakeDocker();
    await using tested = await stack(fake);
    have(fake, owned(tested.project.name, 'grafana'), owned(tested.project.name, 'telemetry', { status: 'paused' }));
    expect((await tested.run()).ok).toBe(true);
    expect(fake.requests).toContain('kill telemetry-1');
    expect(fake.requests).toContain('remove grafana-1');
  });

  it('kills what still runs when it is hurried', async () => {
    const fake = fakeDocker();
    await using tested = await stack(fake);
    const control = new AbortController();
    fake.before = (request) => {
      if (!request.startsWith('stop')) return Promise.resolve();
      control.abort();
      return new Promise(() => {});
    };
    expect((await tested.run({ signal: control.signal })).ok).toBe(true);
    expect(fake.requests).toContain('kill kms-1');
    expect(fake.requests).toContain('kill identity-postgres-1');
    expect(fake.containers.size).toBe(0);
  });

  it('ends and removes all others when one can neither be ended nor removed, and then says which', async () => {
    const fake = fakeDocker();
    await using tested = await stack(fake);
    fake.before = (request) =>
      request.startsWith('remove kms-1') || request.startsWith('stop kms-1')
        ? Promise.reject(new Error('container kms-1 does not end'))
        : Promise.resolve();
    expect(await tested.run()).toMatchObject({
      ok: false,
      error: { code: 'stop-failed', message: expect.stringContaining('kms-1 does not end') as string },
    });
    expect([...fake.containers.keys()]).toEqual(['kms-1']);
    const stopped = fake.requests.filter((request) => request.startsWith('stop'));
    expect(stopped).toHaveLength(5);
  });

  it('also takes what a start that was cut off has had made meanwhile', async () => {
    const fake = fakeDocker();
    await using tested = await stack(fake);
    let isLate = true;
    fake.before = async (request) => {
      if (isLate && request === 'remove telemetry-1') have(fake, owned(tested.project.name, 'kms', { id: 'late', status: 'created' }));
      isLate &&= request !== 'remove telemetry-1';
    };
    expect((await tested.run()).ok).toBe(true);
    expect(fake.requests).toContain('remove late');
    expect([fake.containers.size, fake.networks]).toEqual([0, []]);
  });

  it('does not call done what somebody makes again each time', async () => {
    const fake = fakeDocker();
    await using tested = await stack(fake);
    const { api } = fake;
    const stubborn = { ...api, remove: (id: string) => (id === 'kms-1' ? Promise.resolve() : api.remove(id)) };
    expect(await tested.run({ api: () => Promise.resolve(stubborn) })).toMatchObject({
      ok: false,
      error: {
        code: 'stop-failed',
        message: expect.stringContaining('is there again') as string,
        fix: expect.stringMatching(/./) as string,
      },
    });
  });

  it('says that the engine does not answer, when it does not', async () => {
    const fake = fakeDocker();
    await using tested = await stack(fake);
    fake.gone = new Error('connect ECONNREFUSED /var/run/docker.sock');
    expect(await tested.run()).toMatchObject({
      ok: false,
      error: { code: 'docker-not-running', fix: expect.stringContaining('Start Docker') as string },
    });
  });
});

describe('what killed runs left behind', () => {
  const dead = 'process 2147483646 no-such-process';

  it('goes: containers, networks and volumes of this host whose owner is dead, whatever project they are of', async () => {
    const fake = fakeDocker();
    const host = await thisHost();
    const lost = { [OURS.host]: host, [OURS.owner]: dead, [OURS.stateDir]: '/home/me/.passthru' };
    have(fake, owned('passthru-11111111', 'kms', {}, lost));
    fake.networks.push({ id: 'n1', name: 'n1', labels: lost });
    fake.volumes.push({ id: 'v1', name: 'v1', labels: lost });
    expect(await sweep(fake.api)).toEqual(['/home/me/.passthru']);
    expect(fake.requests).toEqual(['remove kms-1', 'remove network n1', 'remove volume v1']);
  });

  it('goes as far as it can, and what cannot be removed is told', async () => {
    const fake = fakeDocker();
    const lost = { [OURS.host]: await thisHost(), [OURS.owner]: dead };
    have(fake, owned('passthru-22222222', 'kms', {}, lost), owned('passthru-33333333', 'telemetry', {}, lost));
    fake.networks.push({ id: 'n1', name: 'n1', labels: lost });
    fake.before = (request) => (request === 'remove kms-1' ? Promise.reject(new Error('kms-1 hangs')) : Promise.resolve());
    await expect(sweep(fake.api)).rejects.toThrow('kms-1 hangs');
    expect([[...fake.containers.keys()], fake.networks]).toEqual([['kms-1'], []]);
  });

  it('stays when it belongs to its state folder, to a living owner, to another host, or to nobody that we know', async () => {
    const fake = fakeDocker();
    const host = await thisHost();
    const lost = { [OURS.host]: host, [OURS.owner]: dead };
    have(
      fake,
      owned('one', 'kms', { id: 'kept' }, { ...lost, [OURS.owner]: 'state-folder' }),
      owned('two', 'kms', { id: 'alive' }, { ...lost, [OURS.owner]: `process ${process.pid} ${await ownIdentity()}` }),
      owned('three', 'kms', { id: 'elsewhere' }, { ...lost, [OURS.host]: 'another host' }),
      // Whose processes we may not be shown.
      owned('six', 'kms', { id: 'of-another-user' }, { ...lost, [OURS.host]: host.replace(/\d+$/, '54321') }),
      owned('four', 'kms', { id: 'nobody' }, { ...lost, [OURS.owner]: 'somebody' }),
      owned('five', 'web', { id: 'foreign' }),
    );
    expect(await sweep(fake.api)).toEqual([]);
    expect(fake.requests).toEqual([]);
  });
});

describe('the ports that a run needs', () => {
  const conflicts = (fake: FakeDocker, published: number, project: string, portKms: number) => {
    const api = {
      ...fake.api,
      containers: () =>
        Promise.resolve([
          {
            ...container('web'),
            name: 'other-web-1',
            labels: { 'com.docker.compose.project': project },
            image: '',
            imageId: '',
            state: 'running',
            publishedPorts: [published],
          },
        ]),
    };
    const own = projectOf({ stateDir: '/nowhere', portKms, portIdentity: portKms + 10, packageRoot: ROOT, profile: 'demo' });
    return findPortConflicts({ api: () => Promise.resolve(api), project: own, services: ['kms'] });
  };

  it('are held by a container that publishes one of them, and it is named with its project; our own is no conflict', async () => {
    const { name } = projectOf({ stateDir: '/nowhere', portKms: 1, portIdentity: 2, packageRoot: ROOT, profile: 'demo' });
    expect(await conflicts(fakeDocker(), 28_081, 'other', 28_081)).toEqual([
      { service: 'kms', port: 28_081, holder: 'container other-web-1 of project other' },
    ]);
    expect(await conflicts(fakeDocker(), 28_081, name, 28_081)).toEqual([]);
  });

  it('are held by a process, which is named with its pid', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const [found] = await conflicts(fakeDocker(), 1, 'other', port);
      expect(found).toMatchObject({ service: 'kms', port, holder: expect.stringContaining(`pid ${process.pid}`) as string });
    } finally {
      server.close();
    }
  });
});
