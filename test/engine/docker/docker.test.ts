import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Engine, EngineEvent, PartName } from '#engine/engine.ts';
import type { Result } from '#infra/apperr/result.ts';
import { imageTag } from '#engine/docker/images/image-tag.ts';
import { dockerImages } from '#test/support/docker.ts';
import { docker } from '#test/support/docker-stack.ts';
import { type DockerStack, dockerStack } from '#test/engine/docker/support/docker-stand-ins.ts';
import { ROOT } from '#test/support/engine.ts';

const never = new AbortController().signal;
const isThere = await dockerImages('node:26-trixie-slim', 'postgres:17-trixie');
const ALL = ['telemetry', 'identity', 'kms'] as const;

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

const statusOf = async (engine: Engine, part: PartName) => (await engine.status()).find(({ service }) => service === part);

const upAll = async (engine: Engine) => {
  const results = await Promise.all(ALL.map((service) => engine.up(service, never)));
  return results.map(valueOf);
};

/** The events of an engine until the test ends. */
const watch = (engine: Engine) => {
  const events: EngineEvent[] = [];
  const control = new AbortController();
  engine.watch((event) => void events.push(event), control.signal);
  return { events, [Symbol.dispose]: () => control.abort() };
};

describe.runIf(isThere)('the Docker engine, on real containers of stand-in servers', () => {
  const tags = new Set<string>();
  const newStack = async (): Promise<DockerStack> => {
    const stack = await dockerStack();
    tags.add(await imageTag(stack.packageRoot));
    return stack;
  };

  afterAll(async () => {
    const images = [...tags].flatMap((tag) => [...ALL, 'postgres'].map((name) => `passthru-${name}:${tag}`));
    await docker('image', 'rm', '--force', ...images);
  });

  it('builds images, telling its progress, brings all up by one call, and a second run makes and starts nothing', async () => {
    await using stack = await newStack();
    await using engine = await stack.engine();
    using told = watch(engine);
    expect(valueOf(await engine.prepare(never)).leaves).toBe(11);
    expect(await upAll(engine)).toEqual(['started', 'started', 'started']);
    await vi.waitFor(() => {
      const started = told.events.flatMap((event) => (event.type === 'service-started' ? [event.service] : []));
      expect(started.toSorted()).toEqual([...engine.parts].toSorted());
    });
    expect(told.events.some(({ type }) => type === 'progress')).toBe(true);
    for (const status of await engine.status()) {
      expect(status).toMatchObject({ state: 'running', restarts: 0, exitCode: null });
      expect(status.pid).toBeGreaterThan(1);
    }
    await vi.waitFor(async () => expect(await statusOf(engine, 'kms')).toMatchObject({ health: 'healthy' }), { timeout: 30_000 });
    // A probe that passes has nothing to tell.
    expect((await engine.diagnose('kms')).lastProbe).toBeNull();

    const before = await stack.containers();
    await using second = await stack.engine();
    expect(await upAll(second)).toEqual(['already-running', 'already-running', 'already-running']);
    expect(await stack.containers()).toEqual(before);
    expect(await second.portConflicts(ALL)).toEqual([]);
    expect(stack.warnings).toEqual([]);
  });

  it('leaves nothing after `down` with volumes, of this project, and keeps the data without', async () => {
    await using stack = await newStack();
    await using engine = await stack.engine();
    valueOf(await engine.up('kms', never));
    expect(Object.keys(await stack.containers()).toSorted()).toEqual(['kms', 'kms-postgres']);
    const left = async () => {
      const label = `label=com.docker.compose.project=${stack.project}`;
      const [containers, networks, volumes] = await Promise.all([
        docker('ps', '-aq', '--filter', label),
        docker('network', 'ls', '-q', '--filter', label),
        docker('volume', 'ls', '-q', '--filter', label),
      ]);
      return [containers, networks, volumes.split('\n').filter((name) => name !== '').length];
    };
    expect(valueOf(await engine.down({ volumes: false }))).toEqual(['kms', 'kms-postgres']);
    expect(await left()).toEqual(['', '', 1]);
    expect(await engine.hasData()).toBe(true);
    expect(await statusOf(engine, 'kms')).toMatchObject({ state: 'absent' });
    expect(valueOf(await engine.down({ volumes: true }))).toEqual([]);
    expect(await left()).toEqual(['', '', 0]);
    expect(await engine.hasData()).toBe(false);
  });

  it('tells the end of a part with its exit code and its last words, and starts it again', async () => {
    await using stack = await newStack();
    await stack.behave('kms', 'ends');
    await using engine = await stack.engine();
    using told = watch(engine);
    valueOf(await engine.up('kms', never));
    await vi.waitFor(() => expect(told.events).toContainEqual({ type: 'service-exited', service: 'kms', exitCode: 3, signal: null }), {
      timeout: 10_000,
    });
    expect(await statusOf(engine, 'kms')).toMatchObject({ state: 'exited', exitCode: 3 });
    const found = await engine.diagnose('kms');
    expect(found).toMatchObject({ exitCode: 3, signal: null, outOfMemory: false });
    expect(found.logTail).toContain('the stand-in ends');
    expect(found.logTail).toContain('a word on stderr');
    await stack.behave('kms', 'well');
    expect(valueOf(await engine.up('kms', never))).toBe('started');
    expect(await statusOf(engine, 'kms')).toMatchObject({ state: 'running', restarts: 0 });
  });

  it('tells memory that ran out from a kill by somebody', async () => {
    await using stack = await newStack();
    await stack.behave('kms', 'hungry');
    await using engine = await stack.engine();
    valueOf(await engine.up('kms', never));
    await vi.waitFor(async () => expect((await statusOf(engine, 'kms'))?.state).toBe('exited'), { timeout: 30_000 });
    expect(await engine.diagnose('kms')).toMatchObject({ exitCode: 137, signal: 'SIGKILL', outOfMemory: true });

    valueOf(await engine.up('telemetry', never));
    await docker('kill', (await stack.containers())['telemetry'] ?? '');
    await vi.waitFor(async () => expect((await statusOf(engine, 'telemetry'))?.state).toBe('exited'), { timeout: 10_000 });
    expect(await engine.diagnose('telemetry')).toMatchObject({ exitCode: 137, signal: 'SIGKILL', outOfMemory: false });
  });

  it('makes a container anew whose secrets changed, and no other', async () => {
    await using stack = await newStack();
    await using first = await stack.engine();
    await upAll(first);
    const before = await stack.containers();
    await rm(join(stack.stateDir, 'secrets', 'identity-cookie-keys'));
    await using second = await stack.engine();
    expect(await upAll(second)).toEqual(['already-running', 'restarted', 'already-running']);
    const after = await stack.containers();
    expect(Object.keys(after).filter((service) => after[service] !== before[service])).toEqual(['identity']);
  });

  it('repairs what a killed run or somebody else left half: paused, without its network, created only', async () => {
    await using stack = await newStack();
    await using engine = await stack.engine();
    await upAll(engine);
    const ids = await stack.containers();
    // A busy machine may fail to freeze it at the first attempt.
    const isPaused = () =>
      docker('pause', ids['telemetry'] ?? '').then(
        () => true,
        () => false,
      );
    await expect.poll(isPaused, { timeout: 20_000 }).toBe(true);
    await docker('rm', '--force', ids['kms'] ?? '');
    await docker('stop', '--time', '0', ids['identity'] ?? '', ids['identity-postgres'] ?? '');
    const network = `${stack.project}_identity-network`;
    await docker('network', 'rm', network);
    await using next = await stack.engine();
    expect(await upAll(next)).toEqual(['restarted', 'started', 'started']);
    for (const { state } of await next.status()) expect(state).toBe('running');
  });

  it('kills what does not end within its grace, and at once when it is hurried', async () => {
    await using stack = await newStack();
    await stack.behave('telemetry', 'stubborn');
    await using engine = await stack.engine({ stopGraceMs: 60_000 });
    valueOf(await engine.up('telemetry', never));
    for await (const line of engine.logs('telemetry', { follow: true, signal: AbortSignal.timeout(20_000) }))
      if (line === 'listening') break;
    const control = new AbortController();
    const ending = engine.down({ volumes: false, signal: control.signal });
    for await (const line of engine.logs('telemetry', { follow: true, signal: AbortSignal.timeout(20_000) })) if (line === 'SIGTERM') break;
    const begun = performance.now();
    control.abort();
    expect(valueOf(await ending)).toEqual(['telemetry']);
    expect(performance.now() - begun).toBeLessThan(30_000);
  });

  it('names the container, or the process, that holds a port, before anything is made', async () => {
    await using holder = await newStack();
    await using other = await newStack();
    await using running = await holder.engine();
    valueOf(await running.up('kms', never));
    await using engine = await other.engine({ portKms: holder.portKms, portIdentity: holder.portIdentity });
    const name = `container ${holder.project}-kms-1 of the stack in ${holder.stateDir}`;
    expect(await engine.portConflicts(['kms'])).toEqual([
      { service: 'kms', port: holder.portKms, holder: name, stateDir: holder.stateDir },
    ]);
    expect(await engine.up('kms', never)).toMatchObject({
      ok: false,
      error: { code: 'port-taken', message: expect.stringContaining(name) as string },
    });
    expect(Object.keys(await other.containers())).toEqual(['']);
  });

  it('removes what a run left behind that was killed and was to take its stack with it, but its data, and says so', async () => {
    await using stack = await newStack();
    await using other = await newStack();
    const script = join(ROOT, 'test/engine/docker/support/docker-owner-process.ts');
    const killed = spawn(process.execPath, [script, JSON.stringify(stack.options)], { stdio: ['ignore', 'pipe', 'inherit'] });
    using ending = new DisposableStack();
    ending.defer(() => killed.kill('SIGKILL'));
    const [said] = (await once(createInterface(killed.stdout), 'line')) as [string];
    expect(JSON.parse(said)).toEqual({ ok: true, value: 'started' });
    expect(Object.keys(await stack.containers())).toHaveLength(2);

    // While it lives nobody touches what is its own.
    await using engine = await other.engine();
    valueOf(await engine.prepare(never));
    expect(Object.keys(await stack.containers())).toHaveLength(2);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    // Their ports are free at once for whoever wants the same.
    await using next = await other.engine({ portKms: stack.portKms, portIdentity: stack.portIdentity });
    expect(await next.portConflicts(ALL)).toEqual([]);
    expect(Object.keys(await stack.containers())).toEqual(['']);
    const volumes = await docker('volume', 'ls', '-q', '--filter', `label=com.docker.compose.project=${stack.project}`);
    expect(volumes.trim()).toBe(`${stack.project}_kms-postgres-data`);
    expect(await docker('network', 'ls', '-q', '--filter', `label=com.docker.compose.project=${stack.project}`)).toBe('');
    expect(other.warnings.join('\n')).toContain(stack.stateDir);
  });

  it('answers the last lines, and follows the next ones until it is told to stop', async () => {
    await using stack = await newStack();
    await using engine = await stack.engine();
    valueOf(await engine.up('telemetry', never));
    await vi.waitFor(async () => expect(await Array.fromAsync(engine.logs('telemetry', {}))).toContain('listening'), { timeout: 20_000 });
    expect(await Array.fromAsync(engine.logs('telemetry', { tail: 1 }))).toHaveLength(1);
    const control = new AbortController();
    const lines: string[] = [];
    for await (const line of engine.logs('telemetry', { follow: true, signal: control.signal })) {
      lines.push(line);
      const starts = lines.filter((each) => each === 'listening').length;
      if (starts === 2) control.abort();
      else if (line === 'listening') await docker('restart', (await stack.containers())['telemetry'] ?? '');
    }
    // Only within one of its outputs has a container an order: its word on stderr stands anywhere between these.
    expect(lines.filter((line) => line !== 'a word on stderr')).toEqual(['listening', 'SIGTERM', 'listening']);
    expect(lines).toContain('a word on stderr');
  });
});
