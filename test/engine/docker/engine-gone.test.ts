import { join } from 'node:path';
import { copyFile, mkdir } from 'node:fs/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { connect } from '#engine/docker/api/connect.ts';
import { probeDocker } from '#engine/docker/connection/probe.ts';
import { imageTag } from '#engine/docker/images/image-tag.ts';
import type { Plan } from '#demo/plan.ts';
import { run } from '#demo/run.ts';
import type { StepWork } from '#demo/step/step.ts';
import { stackStatus } from '#demo/health/status.ts';
import type { EngineEvent } from '#engine/engine.ts';
import { readTls, serverTlsOptions } from '#infra/tls/options.ts';
import { dockerImages } from '#test/support/docker.ts';
import { dockerProxy } from '#test/engine/docker/support/docker-proxy.ts';
import { docker } from '#test/support/docker-stack.ts';
import { dockerStack } from '#test/engine/docker/support/docker-stand-ins.ts';
import { makePki } from '#test/support/pki.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const never = new AbortController().signal;
const isThere = await dockerImages('node:26-trixie-slim', 'postgres:17-trixie');

describe.runIf(isThere)('the way to a real Docker engine', () => {
  const tags = new Set<string>();

  afterAll(async () => {
    const images = [...tags].flatMap((tag) => ['telemetry', 'identity', 'kms', 'postgres'].map((service) => `passthru-${service}:${tag}`));
    if (images.length > 0) await docker('image', 'rm', '--force', ...images);
  });

  it('may break while a stack runs: that is told at once, nothing hangs, and all is found again when it is back', async () => {
    await using stack = await dockerStack();
    tags.add(await imageTag(stack.packageRoot));
    await using folder = await temporaryDirectory();
    const socket = join(folder.path, 'docker.sock');
    await using proxy = await dockerProxy({ socket });
    const found = await probeDocker({ env: { ...process.env, DOCKER_HOST: `unix://${socket}` } });
    if (!found.ok) throw new Error(found.error.message);
    await using engine = await stack.engine({ docker: found.value });
    const events: EngineEvent[] = [];
    const control = new AbortController();
    engine.watch((event) => void events.push(event), control.signal);
    expect(await engine.up('telemetry', never)).toEqual({ ok: true, value: 'started' });
    const state = async () => (await engine.status()).find(({ service }) => service === 'telemetry');
    expect(await state()).toMatchObject({ state: 'running', restarts: 0 });

    /** A run of one step that passes, in which the way to the engine may break. */
    const runWith = (work: StepWork) => {
      const step = { id: 'kms.keys', phase: 'kms', title: 'Elastic keys', needs: [] };
      const plan: Plan = { command: 'demo all', target: 'all', profile: 'demo', services: ['telemetry'], steps: [step] };
      return run(plan, { engine, emit: () => {}, signal: never, steps: [{ ...step, targets: [], run: work }] });
    };
    const broken = await runWith(async ({ check }) => {
      await check('fine', 'fine', true, true);
      await proxy.cut();
      // The engine is asked again every two seconds at the latest.
      await vi.waitFor(() => expect(events.at(-1)?.type).toBe('progress'), { timeout: 10_000 });
      return 'done';
    });
    expect(broken.rootCause).toMatchObject({ chain: ['engine'], fix: expect.stringContaining('Start Docker') });
    expect(broken.steps).toMatchObject([{ status: 'failed', error: { code: 'stack-not-usable' } }]);
    const told = { type: 'progress', text: expect.stringMatching(/^the Docker engine does not answer: /) };
    await vi.waitFor(() => expect(events.at(-1)).toEqual(told), { timeout: 5_000 });
    const gone = { code: 'docker-not-running', fix: expect.stringContaining('Start Docker') };
    await expect(engine.status()).rejects.toMatchObject(gone);
    await expect(stackStatus({ engine })).rejects.toMatchObject(gone);
    expect((await engine.diagnose('telemetry')).logTail[0]).toMatch(/^the Docker engine does not answer: /);
    expect(await engine.up('identity', never)).toMatchObject({ ok: false, error: { code: 'docker-not-running' } });
    expect(await engine.down({ volumes: false })).toMatchObject({ ok: false, error: { code: 'docker-not-running' } });
    // An engine that asks for the first time has nothing to go by.
    await using other = await stack.engine({ docker: found.value });
    await expect(other.status()).rejects.toMatchObject({ code: 'docker-not-running' });

    await proxy.mend();
    await vi.waitFor(async () => expect(await state()).toMatchObject({ state: 'running' }), { timeout: 10_000 });
    expect(await engine.up('telemetry', never)).toEqual({ ok: true, value: 'already-running' });
    control.abort();
  });

  it('may be TLS 1.3 with certificates on both sides, for us and for Compose, and is refused with foreign ones', async () => {
    await using pki = await makePki();
    await using foreign = await makePki();
    await using proxy = await dockerProxy({ tls: serverTlsOptions(await readTls(pki.server), 'require') });
    await using folder = await temporaryDirectory();
    const env = async (name: string, ca: string, client: { cert: string; key: string }) => {
      const certs = join(folder.path, name);
      await mkdir(certs);
      await Promise.all([
        copyFile(ca, join(certs, 'ca.pem')),
        copyFile(client.cert, join(certs, 'cert.pem')),
        copyFile(client.key, join(certs, 'key.pem')),
      ]);
      return { ...process.env, DOCKER_HOST: `tcp://localhost:${proxy.port}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certs };
    };
    const own = await probeDocker({ env: await env('own', pki.server.ca, pki.client) });
    if (!own.ok) throw new Error(own.error.message);
    const api = await connect(own.value);
    expect(await api.image('node:26-trixie-slim')).not.toBeNull();

    await using stack = await dockerStack();
    tags.add(await imageTag(stack.packageRoot));
    await using engine = await stack.engine({ docker: own.value });
    expect(await engine.up('telemetry', never)).toEqual({ ok: true, value: 'started' });

    const strange = await probeDocker({ env: await env('foreign', foreign.server.ca, foreign.client) });
    expect(strange).toMatchObject({
      ok: false,
      error: { code: 'docker-tls-failed', message: expect.stringContaining('no Docker engine answers') as string },
    });
    const unknown = await probeDocker({ env: await env('unknown', pki.server.ca, foreign.client) });
    expect(unknown).toMatchObject({ ok: false, error: { code: 'docker-tls-failed' } });
  });
});
