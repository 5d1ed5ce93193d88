import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createContainerCache } from '#engine/docker/containers/container-watch.ts';
import { containersOf, signalOf, statusOf } from '#engine/docker/containers/container-state.ts';
import type { EngineEvent } from '#engine/engine.ts';
import { container, type FakeDocker, fakeDocker } from '#test/engine/docker/support/docker-api.ts';

/** A cache that is being watched until the test ends. */
const watched = async (fake: FakeDocker) => {
  const cache = createContainerCache({ api: () => Promise.resolve(fake.api), project: 'passthru-test' });
  const control = new AbortController();
  const events: EngineEvent[] = [];
  cache.watch((event) => void events.push(event), control.signal);
  await cache.known();
  // The stream has its own look, when it stands: what it may have missed before.
  await vi.waitFor(() => expect(fake.looks).toBeGreaterThan(1));
  await cache.look();
  return { cache, events, control, [Symbol.dispose]: () => control.abort() };
};

const have = (fake: FakeDocker, ...containers: readonly ReturnType<typeof container>[]): void => {
  for (const each of containers) fake.containers.set(each.id, each);
};

describe('what is known of the containers of a project', () => {
  it('is as the engine tells it, and no event tells what was so before anybody watched', async () => {
    const fake = fakeDocker();
    have(fake, container('kms'));
    using watch = await watched(fake);
    expect((await watch.cache.known()).containers.map(({ id }) => id)).toEqual(['kms-1']);
    expect(watch.events).toEqual([]);
  });

  it('follows the events: a start with its pid, an end with its exit code and signal', async () => {
    const fake = fakeDocker();
    using watch = await watched(fake);
    have(fake, container('kms', { pid: 31 }));
    fake.tell({ containerId: 'kms-1', action: 'start' });
    await vi.waitFor(() => expect(watch.events).toEqual([{ type: 'service-started', service: 'kms', pid: 31 }]));

    have(fake, container('kms', { status: 'exited', exitCode: 137, pid: 0 }));
    fake.tell({ containerId: 'kms-1', action: 'die' });
    await vi.waitFor(() =>
      expect(watch.events.at(-1)).toEqual({ type: 'service-exited', service: 'kms', exitCode: 137, signal: 'SIGKILL' }),
    );
    expect((await watch.cache.known()).containers[0]?.status).toBe('exited');
  });

  it('does not look for the checks of health that run several times a second', async () => {
    const fake = fakeDocker();
    have(fake, container('kms'));
    using watch = await watched(fake);
    await watch.cache.look();
    const looks = fake.looks;
    fake.tell({ containerId: 'kms-1', action: 'exec_start: node health' });
    fake.tell({ containerId: 'kms-1', action: 'exec_die' });
    await turn();
    expect(fake.looks).toBe(looks);
  });

  it('tells both ends of a container that started and ended between two looks, and of one that was started anew', async () => {
    const fake = fakeDocker();
    using watch = await watched(fake);
    have(fake, container('kms', { status: 'exited', exitCode: 3, startedAt: 5 }));
    await watch.cache.look();
    expect(watch.events).toEqual([
      { type: 'service-started', service: 'kms', pid: null },
      { type: 'service-exited', service: 'kms', exitCode: 3, signal: null },
    ]);
    have(fake, container('kms', { startedAt: 6, pid: 7 }));
    await watch.cache.look();
    have(fake, container('kms', { startedAt: 8, pid: 9 }));
    await watch.cache.look();
    expect(watch.events.slice(2).map(({ type }) => type)).toEqual(['service-started', 'service-exited', 'service-started']);
  });

  it('tells of a container that somebody removed', async () => {
    const fake = fakeDocker();
    have(fake, container('kms-postgres'));
    using watch = await watched(fake);
    fake.containers.clear();
    fake.tell({ containerId: 'kms-postgres-1', action: 'destroy' });
    await vi.waitFor(() =>
      expect(watch.events).toEqual([{ type: 'service-exited', service: 'kms-postgres', exitCode: null, signal: null }]),
    );
  });

  it('is put right by a look every two seconds where an event never came', async () => {
    const fake = fakeDocker();
    using watch = await watched(fake);
    have(fake, container('identity', { pid: 5 }));
    await vi.waitFor(() => expect(watch.events).toEqual([{ type: 'service-started', service: 'identity', pid: 5 }]), { timeout: 10_000 });
  });

  it('is looked up at once when the stream of events breaks, and the stream is opened again', async () => {
    const fake = fakeDocker();
    using watch = await watched(fake);
    have(fake, container('telemetry', { pid: 6 }));
    fake.breakStreams(new Error('unexpected EOF'));
    await vi.waitFor(() => expect(watch.events).toHaveLength(1));
    have(fake, container('telemetry', { pid: 6 }), container('kms', { pid: 8 }));
    await vi.waitFor(() => {
      fake.tell({ containerId: 'kms-1', action: 'start' });
      expect(watch.events).toHaveLength(2);
    });
  });

  it('says that the engine is gone, with its reason, ends nothing by waiting, and finds everything again when it is back', async () => {
    const fake = fakeDocker();
    have(fake, container('kms'));
    using watch = await watched(fake);
    fake.gone = new Error('connect ECONNREFUSED /var/run/docker.sock');
    fake.breakStreams(new Error('socket hang up'));
    await vi.waitFor(() => expect(watch.events).toEqual([{ type: 'service-exited', service: 'kms', exitCode: null, signal: null }]));
    expect(await watch.cache.known()).toMatchObject({ lost: 'connect ECONNREFUSED /var/run/docker.sock' });

    fake.gone = null;
    await vi.waitFor(() => expect(watch.events.at(-1)).toMatchObject({ type: 'service-started' }), { timeout: 10_000 });
    expect(await watch.cache.known()).toMatchObject({ lost: null });
  });

  it('is asked for by one look where nobody watches, and its failure is the one who asks to tell', async () => {
    const fake = fakeDocker();
    const cache = createContainerCache({ api: () => Promise.resolve(fake.api), project: 'passthru-test' });
    await cache.known();
    expect(fake.looks).toBe(1);
    fake.gone = new Error('connect ENOENT /var/run/docker.sock');
    await expect(cache.known()).rejects.toThrow('connect ENOENT');
  });

  it('holds no stream open when nobody watches any more', async () => {
    const fake = fakeDocker();
    const watch = await watched(fake);
    watch.control.abort();
    const looks = fake.looks;
    fake.tell({ containerId: 'kms-1', action: 'start' });
    await turn();
    expect(fake.looks).toBe(looks);
  });
});

describe('the state of a part', () => {
  const asked = { address: 'https://localhost:8081', starts: 1, now: 5_000 };
  const status = (details: Parameters<typeof container>[1], starts = 1) =>
    statusOf('kms', [container('kms', details)], { ...asked, starts });

  it('is absent without a container and before its first start, running with pid, uptime and health, exited with its code', () => {
    expect(statusOf('kms', [], asked)).toMatchObject({ state: 'absent', pid: null });
    expect(status({ status: 'created', startedAt: null })).toMatchObject({ state: 'absent' });
    expect(status({ status: 'running', health: 'starting' })).toMatchObject({
      state: 'running',
      pid: 100,
      uptimeMs: 4_000,
      health: 'starting',
    });
    expect(status({ status: 'exited', exitCode: 3 })).toMatchObject({
      state: 'exited',
      exitCode: 3,
      pid: null,
      uptimeMs: null,
      health: null,
    });
  });

  it('is exited for one that could not be started, and starting for one that the engine starts again', () => {
    expect(status({ status: 'created', exitCode: 128, error: 'driver failed', startedAt: null })).toMatchObject({
      state: 'exited',
      exitCode: 128,
    });
    expect(status({ status: 'restarting' })).toMatchObject({ state: 'starting' });
  });

  it('counts restarts by the engine and those that were seen', () => {
    expect(status({ restartCount: 2 })).toMatchObject({ restarts: 2 });
    expect(status({}, 3)).toMatchObject({ restarts: 2 });
  });

  it('is that of the replica in the worst state, and of the new container while the old one is replaced', () => {
    const replica = (number: number, details: Parameters<typeof container>[1]) => {
      const made = container('kms', { id: `kms-${number}-${details?.createdAt}`, ...details });
      return { ...made, labels: { ...made.labels, 'com.docker.compose.container-number': String(number) } };
    };
    const three = [replica(1, {}), replica(2, { status: 'exited', exitCode: 9 }), replica(3, {})];
    expect(statusOf('kms', containersOf(three, 'kms'), asked)).toMatchObject({ state: 'exited', exitCode: 9 });
    const replaced = [replica(1, { createdAt: 1, status: 'exited' }), replica(1, { createdAt: 2 })];
    expect(statusOf('kms', containersOf(replaced, 'kms'), asked)).toMatchObject({ state: 'running' });
  });

  it('names the signal behind an exit code above 128', () => {
    expect([137, 143, 130, 1, 0].map(signalOf)).toEqual(['SIGKILL', 'SIGTERM', 'SIGINT', null, null]);
  });
});
