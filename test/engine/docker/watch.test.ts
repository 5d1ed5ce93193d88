import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { EngineEvent } from '#engine/engine.ts';
import { type FakeStack, fakeStack } from '#test/engine/docker/support/fake-stack.ts';

/** An engine that is being watched until the test ends. */
const watched = async (stack: FakeStack) => {
  const { fake } = stack;
  const engine = stack.engine({ now: () => 5_000 });
  const control = new AbortController();
  const events: EngineEvent[] = [];
  engine.watch((event) => void events.push(event), control.signal);
  await engine.status();
  // The stream has its own look, when it stands: what it may have missed before.
  await vi.waitFor(() => expect(fake.looks).toBeGreaterThan(1));
  /** Has the engine look now, and waits until it has seen. */
  const see = async (): Promise<void> => {
    const { looks } = fake;
    fake.tell({ containerId: 'any', action: 'start' });
    await vi.waitFor(() => expect(fake.looks).toBeGreaterThan(looks));
    await turn();
  };
  await see();
  const kms = async () => (await engine.status()).find(({ service }) => service === 'kms');
  return { engine, events, control, see, kms, [Symbol.dispose]: () => control.abort() };
};

describe('the containers of a watched engine', () => {
  it('are as Docker tells them, and no event tells what was so before anybody watched', async () => {
    await using stack = await fakeStack();
    stack.have(stack.owned('kms'));
    using watch = await watched(stack);
    expect(await watch.kms()).toMatchObject({ state: 'running' });
    expect(watch.events).toEqual([]);
  });

  it('are followed by events: a start with its pid, an end with its exit code and signal', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    using watch = await watched(stack);
    stack.have(stack.owned('kms', { pid: 31 }));
    fake.tell({ containerId: 'kms-1', action: 'start' });
    await vi.waitFor(() => expect(watch.events).toEqual([{ type: 'service-started', service: 'kms', pid: 31 }]));

    stack.have(stack.owned('kms', { status: 'exited', exitCode: 137, pid: 0 }));
    fake.tell({ containerId: 'kms-1', action: 'die' });
    await vi.waitFor(() =>
      expect(watch.events.at(-1)).toEqual({ type: 'service-exited', service: 'kms', exitCode: 137, signal: 'SIGKILL' }),
    );
    expect(await watch.kms()).toMatchObject({ state: 'exited', exitCode: 137 });
  });

  it('are not looked up for the checks of health that run several times a second', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    stack.have(stack.owned('kms'));
    using _watch = await watched(stack);
    const looks = fake.looks;
    fake.tell({ containerId: 'kms-1', action: 'exec_start: node health' });
    fake.tell({ containerId: 'kms-1', action: 'exec_die' });
    await turn();
    expect(fake.looks).toBe(looks);
  });

  it('have both ends told, also of one that started and ended between two looks, and of one that was started anew', async () => {
    await using stack = await fakeStack();
    using watch = await watched(stack);
    stack.have(stack.owned('kms', { status: 'exited', exitCode: 3, startedAt: 5 }));
    await watch.see();
    expect(watch.events).toEqual([
      { type: 'service-started', service: 'kms', pid: null },
      { type: 'service-exited', service: 'kms', exitCode: 3, signal: null },
    ]);
    stack.have(stack.owned('kms', { startedAt: 6, pid: 7 }));
    await watch.see();
    stack.have(stack.owned('kms', { startedAt: 8, pid: 9 }));
    await watch.see();
    expect(watch.events.slice(2).map(({ type }) => type)).toEqual(['service-started', 'service-exited', 'service-started']);
  });

  it('are told to have ended when somebody removes them', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    stack.have(stack.owned('kms-postgres'));
    using watch = await watched(stack);
    fake.containers.clear();
    fake.tell({ containerId: 'kms-postgres-1', action: 'destroy' });
    await vi.waitFor(() =>
      expect(watch.events).toEqual([{ type: 'service-exited', service: 'kms-postgres', exitCode: null, signal: null }]),
    );
  });

  it('are looked up every two seconds, where an event never came', async () => {
    await using stack = await fakeStack();
    using watch = await watched(stack);
    stack.have(stack.owned('identity', { pid: 5 }));
    await vi.waitFor(() => expect(watch.events).toEqual([{ type: 'service-started', service: 'identity', pid: 5 }]), { timeout: 10_000 });
  });

  it('are looked up at once when the stream of events breaks, and the stream is opened again', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    using watch = await watched(stack);
    stack.have(stack.owned('telemetry', { pid: 6 }));
    fake.breakStreams(new Error('unexpected EOF'));
    await vi.waitFor(() => expect(watch.events).toHaveLength(1));
    stack.have(stack.owned('telemetry', { pid: 6 }), stack.owned('kms', { pid: 8 }));
    await vi.waitFor(() => {
      fake.tell({ containerId: 'kms-1', action: 'start' });
      expect(watch.events).toHaveLength(2);
    });
  });

  it('are not known when Docker is gone, which is told once with its reason, and are found again when it is back', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    stack.have(stack.owned('kms'));
    using watch = await watched(stack);
    fake.gone = new Error('connect ECONNREFUSED /var/run/docker.sock');
    fake.breakStreams(new Error('socket hang up'));
    const text = 'the Docker engine does not answer: connect ECONNREFUSED /var/run/docker.sock';
    await vi.waitFor(() => expect(watch.events).toEqual([{ type: 'progress', text }]));
    await expect(watch.kms()).rejects.toMatchObject({ code: 'docker-not-running', message: expect.stringContaining('ECONNREFUSED') });
    expect((await watch.engine.diagnose('kms')).logTail).toEqual([
      'the Docker engine does not answer: connect ECONNREFUSED /var/run/docker.sock',
    ]);

    fake.gone = null;
    await vi.waitFor(async () => expect(await watch.kms()).toMatchObject({ state: 'running' }), { timeout: 10_000 });
    expect(watch.events).toHaveLength(1);
  });

  it('are looked up once where nobody watches, and a look that fails is told to its caller', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    const engine = stack.engine();
    await engine.status();
    expect(fake.looks).toBe(1);
    fake.gone = new Error('connect ENOENT /var/run/docker.sock');
    await expect(engine.status()).rejects.toMatchObject({
      code: 'docker-not-running',
      message: expect.stringContaining('connect ENOENT') as string,
    });
  });

  it('are not followed when nobody watches any more', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    const watch = await watched(stack);
    watch.control.abort();
    const looks = fake.looks;
    fake.tell({ containerId: 'kms-1', action: 'start' });
    await turn();
    expect(fake.looks).toBe(looks);
  });
});

describe('the status of a part', () => {
  const statusOf = async (stack: FakeStack) => (await stack.engine({ now: () => 5_000 }).status()).find(({ service }) => service === 'kms');

  it('is absent without a container and before its first start, running with pid, uptime and health, exited with its code', async () => {
    await using stack = await fakeStack();
    expect(await statusOf(stack)).toMatchObject({ state: 'absent', pid: null, address: `https://localhost:${stack.portKms}` });
    stack.have(stack.owned('kms', { status: 'created', startedAt: null }));
    expect(await statusOf(stack)).toMatchObject({ state: 'absent' });
    stack.have(stack.owned('kms', { status: 'running', health: 'starting' }));
    expect(await statusOf(stack)).toMatchObject({ state: 'running', pid: 100, uptimeMs: 4_000, health: 'starting' });
    stack.have(stack.owned('kms', { status: 'exited', exitCode: 3 }));
    expect(await statusOf(stack)).toMatchObject({ state: 'exited', exitCode: 3, pid: null, uptimeMs: null, health: null });
  });

  it('is exited for one that could not be started, and starting for one that the engine starts again', async () => {
    await using stack = await fakeStack();
    stack.have(stack.owned('kms', { status: 'created', exitCode: 128, error: 'driver failed', startedAt: null }));
    expect(await statusOf(stack)).toMatchObject({ state: 'exited', exitCode: 128 });
    stack.have(stack.owned('kms', { status: 'restarting' }));
    expect(await statusOf(stack)).toMatchObject({ state: 'starting' });
  });

  it('counts restarts by the engine and those that were seen', async () => {
    await using stack = await fakeStack();
    stack.have(stack.owned('kms', { restartCount: 2 }));
    expect(await statusOf(stack)).toMatchObject({ restarts: 2 });
    stack.have(stack.owned('kms', { startedAt: 1 }));
    using watch = await watched(stack);
    for (const startedAt of [2, 3]) {
      stack.have(stack.owned('kms', { startedAt }));
      await watch.see();
    }
    expect(await watch.kms()).toMatchObject({ restarts: 2 });
  });

  it('is that of the replica in the worst state, and of the new container while the old one is replaced', async () => {
    await using stack = await fakeStack();
    const replica = (number: number, details: Parameters<FakeStack['owned']>[1]) =>
      stack.owned('kms', { id: `kms-${number}-${details?.createdAt}`, ...details }, { 'com.docker.compose.container-number': `${number}` });
    stack.have(replica(1, {}), replica(2, { status: 'exited', exitCode: 9 }), replica(3, {}));
    expect(await statusOf(stack)).toMatchObject({ state: 'exited', exitCode: 9 });
    stack.fake.containers.clear();
    stack.have(replica(1, { createdAt: 1, status: 'exited' }), replica(1, { createdAt: 2 }));
    expect(await statusOf(stack)).toMatchObject({ state: 'running' });
  });
});
