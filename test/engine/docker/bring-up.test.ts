import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ServiceName, SERVICES } from '#engine/engine.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { ownIdentity } from '#engine/state/process-identity.ts';
import {
  CREATE,
  type FakeStack,
  fakeStack,
  type FakeStackOptions,
  haveImages,
  preparedState,
} from '#test/engine/docker/support/fake-stack.ts';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const never = new AbortController().signal;
const ALL = ['kms', 'kms-postgres', 'identity', 'identity-postgres', 'telemetry'] as const;
let prepared: Awaited<ReturnType<typeof preparedState>>;

beforeAll(async () => {
  prepared = await preparedState();
});
afterAll(() => prepared[Symbol.asyncDispose]());

/** A stack whose images, certificates and secrets are there. */
const readyStack = async (options: FakeStackOptions = {}): Promise<FakeStack> => {
  const stack = await fakeStack({ prepared: prepared.path, ...options });
  await haveImages(stack.fake, options.packageRoot);
  return stack;
};

const upAll = (engine: StackEngine, services: readonly ServiceName[]) => Promise.all(services.map((service) => engine.up(service, never)));

interface Override {
  readonly services: Readonly<Record<string, { readonly labels: Readonly<Record<string, string>>; readonly healthcheck?: unknown }>>;
}

/** The labels that the engine wants a container of this part to have. */
const wantedLabels = async (stack: FakeStack, part: string): Promise<Readonly<Record<string, string>>> =>
  (parse(await stack.override()) as Override).services[part]?.labels ?? {};

describe('bringing services up', () => {
  it('makes all their containers by one call of Compose, and starts them side by side, databases first', async () => {
    await using stack = await readyStack();
    const { fake } = stack;
    stack.have(...ALL.map((part) => stack.owned(part, { status: 'created' })));
    // No start is answered before all have been asked for.
    let open = (): void => {};
    const all = new Promise<void>((resolve) => (open = resolve));
    fake.before = async (request) => {
      if (fake.requests.filter((each) => each.startsWith('start')).length === 5) open();
      if (request.startsWith('start')) await all;
    };
    expect(await upAll(stack.engine(), SERVICES)).toEqual(Array.from({ length: 3 }, () => ({ ok: true, value: 'started' })));
    expect((await stack.calls()).map(({ args }) => args.slice(args.indexOf('create')))).toEqual([
      'create --no-build --pull never telemetry identity-postgres identity kms-postgres kms partner',
    ]);
    expect(fake.requests.slice(0, 2)).toEqual(['start identity-postgres-1', 'start kms-postgres-1']);
  });

  it('leaves what runs alone, and repeats its labels word for word, so that Compose makes nothing anew', async () => {
    await using stack = await readyStack();
    stack.have(stack.owned('telemetry', { status: 'created' }));
    await stack.engine().up('telemetry', never);
    const labels = {
      ...(await wantedLabels(stack, 'telemetry')),
      'passthru.owner': 'an earlier run',
      'passthru.state-dir': '/with $HOME in it',
      'passthru.of-an-older-version': 'kept',
      'passthru.image': 'of the image, not of the container',
    };
    stack.have(stack.owned('telemetry', {}, labels));
    stack.fake.requests.length = 0;
    expect(await stack.engine().up('telemetry', never)).toEqual({ ok: true, value: 'already-running' });
    expect(stack.fake.requests).toEqual([]);
    const { 'passthru.image': _ofImage, ...own } = labels;
    // Compose takes a single dollar for a variable.
    expect(await wantedLabels(stack, 'telemetry')).toEqual({ ...own, 'passthru.state-dir': '/with $$HOME in it' });
  });

  it('gives a container whose files changed labels of this run, so that Compose makes it anew', async () => {
    await using stack = await readyStack();
    stack.have(stack.owned('telemetry', {}, { 'passthru.owner': 'an earlier run', 'passthru.config-hash': 'hash of older files' }));
    await stack.engine().up('telemetry', never);
    expect(await wantedLabels(stack, 'telemetry')).toMatchObject({
      'passthru.owner': `process ${process.pid} ${await ownIdentity()}`,
      'passthru.config-hash': expect.not.stringMatching('hash of older files') as string,
    });
  });

  it('gives what is to stay the state folder as its owner, and data in any case but that of the profile ci', async () => {
    await using stack = await readyStack();
    const owners = async (): Promise<readonly string[]> => {
      const { volumes } = parse(await stack.override()) as { volumes: Record<string, { labels: Record<string, string> }> };
      return [await wantedLabels(stack, 'telemetry'), volumes['kms-postgres-data']?.labels ?? {}].map(
        (labels) => labels['passthru.owner']?.split(' ')[0] ?? 'nobody',
      );
    };
    await stack.engine({ owner: 'state-folder' }).up('telemetry', never);
    expect(await owners()).toEqual(['state-folder', 'state-folder']);
    await stack.engine({ owner: 'process' }).up('telemetry', never);
    expect(await owners()).toEqual(['process', 'state-folder']);
    await stack.engine({ owner: 'process', profile: 'ci' }).up('telemetry', never);
    expect(await owners()).toEqual(['process', 'process']);
  });

  it('has the checks in containers that start wait: ours look from outside, and only a database can be asked by its check alone', async () => {
    await using stack = await readyStack();
    await stack.engine({ profile: 'prod' }).up('kms', never);
    const { services } = parse(await stack.override()) as Override;
    expect(services['kms']?.healthcheck).toEqual({ start_period: '60s', start_interval: '5s' });
    expect(services['kms-postgres']?.healthcheck).toEqual({ start_period: '60s', start_interval: '3s' });
    expect(Object.keys(services['kms-balancer'] ?? {})).toEqual(['labels']);
  });

  it('starts what has ended, wakes what is paused, and removes what is dead before Compose makes it anew', async () => {
    await using stack = await readyStack();
    stack.have(
      stack.owned('kms', { status: 'paused' }),
      stack.owned('kms-postgres', { status: 'exited', exitCode: 137 }),
      stack.owned('telemetry', { status: 'created' }),
      stack.owned('telemetry', { id: 'telemetry-dead', status: 'dead' }),
    );
    const [telemetry, kms] = await upAll(stack.engine(), ['telemetry', 'kms']);
    expect(stack.fake.requests.toSorted()).toEqual(['remove telemetry-dead', 'start kms-postgres-1', 'start telemetry-1', 'unpause kms-1']);
    expect(kms).toEqual({ ok: true, value: 'restarted' });
    expect(telemetry).toEqual({ ok: true, value: 'started' });
  });

  it('makes a container anew, once, when it cannot be started because somebody took its network', async () => {
    await using stack = await readyStack();
    const { fake } = stack;
    stack.have(stack.owned('telemetry', { status: 'created' }));
    fake.before = (request) => {
      if (request === 'remove telemetry-1') stack.have(stack.owned('telemetry', { id: 'telemetry-2', status: 'created' }));
      return request === 'start telemetry-1' ? Promise.reject(new Error('network 1234 not found')) : Promise.resolve();
    };
    expect(await stack.engine().up('telemetry', never)).toEqual({ ok: true, value: 'started' });
    expect(fake.requests).toEqual(['start telemetry-1', 'remove telemetry-1', 'start telemetry-2']);
    expect(await stack.calls()).toHaveLength(2);
  });

  it('tells why a container cannot be started, when new ones do not help', async () => {
    await using stack = await readyStack();
    stack.have(stack.owned('telemetry', { status: 'created' }));
    stack.fake.before = (request) =>
      request.startsWith('start')
        ? Promise.reject(new Error('Bind for 127.0.0.1:31081 failed: port is already allocated'))
        : Promise.resolve();
    expect(await stack.engine().up('telemetry', never)).toMatchObject({
      ok: false,
      error: { code: 'port-taken', fix: expect.stringContaining('--port-kms') as string },
    });
  });

  it.each([
    ['Error response from daemon: all predefined address pools have been fully subnetted', 'docker-address-pools'],
    ['Error response from daemon: write /var/lib/docker/x: no space left on device', 'docker-disk-full'],
    ['Error response from daemon: No such image: passthru-kms:0123456789abcdef', 'image-gone'],
    ['Error response from daemon: something new', 'containers-not-made'],
  ])('tells what Compose could not do, and what helps: %s', async (message, code) => {
    await using stack = await readyStack({
      answers: [{ to: CREATE, code: 1, stderr: `${JSON.stringify({ error: true, message })}\n` }],
    });
    expect(await stack.engine().up('kms', never)).toMatchObject({
      ok: false,
      error: { code, message: expect.stringContaining(message) as string },
    });
  });

  it('starts nothing of a service whose port is taken, and the others all the same', async () => {
    await using stack = await readyStack();
    stack.have(
      stack.owned('telemetry', { status: 'created' }),
      stack.owned('kms', { status: 'created' }),
      stack.owned('web', { id: 'web', name: 'other-web-1' }, { 'com.docker.compose.project': 'other' }),
    );
    stack.fake.published.set('web', [stack.portKms]);
    const [telemetry, kms] = await upAll(stack.engine(), ['telemetry', 'kms']);
    expect(kms).toMatchObject({
      ok: false,
      error: { code: 'port-taken', message: `port ${stack.portKms} of kms is held by container other-web-1 of project other` },
    });
    expect(telemetry).toEqual({ ok: true, value: 'started' });
    expect(stack.fake.requests).toEqual(['start telemetry-1']);
  });

  it('ends Compose and says that it was interrupted, when it is', async () => {
    await using stack = await readyStack({
      answers: [{ to: CREATE, stdout: '{"id":"Container x","status":"Creating"}\n', hangs: true }],
    });
    await using engine = stack.engine();
    const control = new AbortController();
    engine.watch(({ type }) => {
      if (type === 'progress') control.abort();
    }, control.signal);
    expect(await engine.up('telemetry', control.signal)).toMatchObject({ ok: false, error: { code: 'interrupted' } });
  });

  it('takes the labels of networks and volumes from the Compose files of the package that it runs', async () => {
    await using folder = await temporaryDirectory();
    await cp(join(ROOT, 'deployments'), join(folder.path, 'deployments'), { recursive: true });
    await using stack = await readyStack({ packageRoot: folder.path });
    stack.have(stack.owned('telemetry', { status: 'created' }));
    await stack.engine().up('telemetry', never);
    const override = await stack.override();
    for (const name of [
      'kms-database-network',
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

describe('the second Identity of a demo', () => {
  it('is a container that was made with the others: started for a while, then killed, and started anew where a killed run left it', async () => {
    await using stack = await readyStack();
    const { fake } = stack;
    const open = () => stack.engine().openPartner(never);
    expect(await open()).toMatchObject({ ok: false, error: { code: 'partner-missing' } });
    stack.have(stack.owned('partner', { status: 'created' }));
    const partner = await open();
    expect(fake.requests).toEqual(['start partner-1']);
    if (partner.ok) await partner.value[Symbol.asyncDispose]();
    expect(fake.requests).toEqual(['start partner-1', 'kill partner-1']);
    stack.have(stack.owned('partner', { status: 'running' }));
    expect(await open()).toMatchObject({ ok: true });
    expect(fake.requests.slice(2)).toEqual(['kill partner-1', 'start partner-1']);
  });
});
