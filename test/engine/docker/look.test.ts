import { describe, expect, it } from 'vitest';
import type { EngineInfo } from '#engine/docker/api/docker-api.ts';
import { engineMachine } from '#engine/docker/before-start.ts';
import type { OpenApi } from '#engine/docker/api/open-api.ts';
import { fakeStack } from '#test/engine/docker/support/fake-stack.ts';

const DOCKER = { name: 'test', version: null, endpoint: { kind: 'socket', path: '/nowhere' }, env: {} } as const;

describe('A look at a Docker engine', () => {
  it('names the images that services need and the engine does not have, and builds none', async () => {
    await using stack = await fakeStack();
    stack.fake.images.clear();
    const missing = (await stack.engine().missingImages(['telemetry', 'kms'])) ?? [];
    expect(missing.map((name) => name.replace(/:.*/, ''))).toEqual(['passthru-telemetry', 'passthru-kms', 'passthru-postgres']);
    for (const name of missing) stack.fake.images.set(name, { id: name, taggedAt: 0 });
    expect(await stack.engine().missingImages(['telemetry', 'kms'])).toEqual([]);
    expect(stack.fake.requests).toEqual([]);
  });

  it('tells its machine, and how far its clock is from ours: from the middle between question and answer', async () => {
    await using stack = await fakeStack();
    const having =
      (info: EngineInfo): OpenApi =>
      async () => ({ ...stack.fake.api, info: async () => info });
    const times = [1_000, 1_400];
    const found = await engineMachine(
      { docker: DOCKER, open: having({ clock: 9_200, memory: 5, isRootless: true }) },
      () => times.shift() ?? 0,
    );
    expect(found).toEqual({ ok: true, value: { memory: 5, isRootless: true, skewMs: 8_000 } });
    const silent = await engineMachine({ docker: DOCKER, open: having({ clock: null, memory: null, isRootless: false }) }, () => 0);
    expect(silent).toMatchObject({ ok: true, value: { skewMs: null } });
  });

  it('fails in the words of an engine that does not answer', async () => {
    const gone: OpenApi = () => Promise.reject(new Error('connect ECONNREFUSED /var/run/docker.sock'));
    expect(await engineMachine({ docker: DOCKER, open: gone }, () => 0)).toMatchObject({
      ok: false,
      error: { code: 'docker-not-running', fix: expect.stringContaining('Start Docker') },
    });
  });
});
