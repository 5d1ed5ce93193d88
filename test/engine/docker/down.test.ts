import { describe, expect, it } from 'vitest';
import { imageTag } from '#engine/docker/images/image-tag.ts';
import { ROOT } from '#test/support/engine.ts';
import { fakeStack } from '#test/engine/docker/support/fake-stack.ts';

const ALL = ['kms', 'kms-postgres', 'identity', 'identity-postgres', 'telemetry'] as const;

/** A stack that is up. */
const runningStack = async () => {
  const stack = await fakeStack();
  const { fake, project } = stack;
  stack.have(...ALL.map((part) => stack.owned(part)));
  const label = { 'com.docker.compose.project': project };
  fake.networks.push({ id: 'n1', name: 'kms-network', labels: label });
  fake.volumes.push({ id: 'v1', name: 'v1', labels: { ...label, 'com.docker.compose.volume': 'kms-postgres-data' } });
  fake.volumes.push({ id: 'v2', name: 'v2', labels: { ...label, 'com.docker.compose.volume': 'identity-postgres-data' } });
  return stack;
};

describe('taking a stack down', () => {
  it('ends a server before its database and telemetry, the servers side by side, removes containers and networks, and keeps the data', async () => {
    await using stack = await runningStack();
    const { fake } = stack;
    expect(await stack.engine().down({ volumes: false })).toEqual({
      ok: true,
      value: ['kms', 'identity', 'telemetry', 'kms-postgres', 'identity-postgres'],
    });
    const stops = fake.requests.filter((request) => request.startsWith('stop')).map((request) => request.split(' ')[1]);
    expect(stops.slice(0, 2).toSorted()).toEqual(['identity-1', 'kms-1']);
    expect(stops.indexOf('kms-1')).toBeLessThan(stops.indexOf('kms-postgres-1'));
    expect(stops.indexOf('identity-1')).toBeLessThan(stops.indexOf('identity-postgres-1'));
    expect(stops.indexOf('identity-1')).toBeLessThan(stops.indexOf('telemetry-1'));
    expect(fake.containers.size).toBe(0);
    expect(fake.networks).toEqual([]);
    expect(fake.volumes).toHaveLength(2);
  });

  it('removes a network as soon as the last container on it has gone, while others still end', async () => {
    await using stack = await runningStack();
    const { fake } = stack;
    const label = { 'com.docker.compose.project': stack.project };
    fake.networks.push({ id: 'n2', name: 'telemetry-network', labels: label });
    const listed = async (labels: readonly string[]) =>
      (await fake.api.containers(labels)).map((each) => ({
        ...each,
        networks: each.id === 'telemetry-1' ? ['telemetry-network'] : ['kms-network', 'telemetry-network'],
      }));
    const api = { ...fake.api, containers: listed };
    expect((await stack.engine({ open: () => Promise.resolve(api) }).down({ volumes: false })).ok).toBe(true);
    const order = fake.requests.filter((request) => request.startsWith('remove'));
    expect(order.indexOf('remove network n1')).toBeGreaterThan(order.indexOf('remove kms-1'));
    expect(order.at(-1)).toBe('remove network n2');
    expect(order.filter((request) => request === 'remove network n1')).toHaveLength(1);
  });

  it('removes the data, too, when asked to, and only that of the services that were named', async () => {
    await using stack = await runningStack();
    const { fake } = stack;
    expect(await stack.engine().down({ services: ['kms'], volumes: true })).toEqual({ ok: true, value: ['kms', 'kms-postgres'] });
    expect([...fake.containers.keys()].toSorted()).toEqual(['identity-1', 'identity-postgres-1', 'telemetry-1']);
    expect(fake.volumes.map(({ id }) => id)).toEqual(['v2']);
    expect(fake.networks).toHaveLength(1);
  });

  it('removes the images that were built, when asked to, and tells why one stays; others are left alone', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    const code = await imageTag(ROOT);
    const [used, free, other] = [`passthru-kms:${code}`, `passthru-identity:${code}`, 'passthru-kms:0123456789abcdef'];
    for (const tag of [used, free, other, 'sha256:1']) fake.images.set(tag, { id: tag, taggedAt: 0 });
    fake.images.set('postgres:17-trixie', { id: 'postgres', taggedAt: 0, label: false });
    fake.before = (request) => (request.endsWith(used) ? Promise.reject(new Error('a container uses it')) : Promise.resolve());
    expect(await stack.engine().removeImages()).toEqual({
      ok: true,
      value: {
        removed: [`image ${free}`, 'image sha256:1'],
        kept: [
          { what: `image ${used}`, why: 'a container uses it' },
          { what: `image ${other}`, why: 'it was built from other code than this' },
        ],
      },
    });
    expect([...fake.images.keys()]).toEqual([used, other, 'postgres:17-trixie']);
  });

  it('tells which volumes there are', async () => {
    await using stack = await runningStack();
    expect(await stack.engine().volumes()).toEqual(['v1', 'v2']);
    await stack.engine().down({ volumes: true });
    expect(await stack.engine().volumes()).toEqual([]);
  });

  it('also ends what the project has besides, and what is paused', async () => {
    await using stack = await runningStack();
    stack.have(stack.owned('grafana'), stack.owned('telemetry', { status: 'paused' }));
    expect((await stack.engine().down({ volumes: false })).ok).toBe(true);
    expect(stack.fake.requests).toContain('kill telemetry-1');
    expect(stack.fake.requests).toContain('remove grafana-1');
  });

  it('kills what still runs when it is hurried', async () => {
    await using stack = await runningStack();
    const { fake } = stack;
    const control = new AbortController();
    fake.before = (request) => {
      if (!request.startsWith('stop')) return Promise.resolve();
      control.abort();
      return new Promise(() => {});
    };
    expect((await stack.engine().down({ volumes: false, signal: control.signal })).ok).toBe(true);
    expect(fake.requests).toContain('kill kms-1');
    expect(fake.requests).toContain('kill identity-postgres-1');
    expect(fake.containers.size).toBe(0);
  });

  it('ends and removes all others when one can neither be ended nor removed, and then says which', async () => {
    await using stack = await runningStack();
    const { fake } = stack;
    fake.before = (request) =>
      request.startsWith('remove kms-1') || request.startsWith('stop kms-1')
        ? Promise.reject(new Error('container kms-1 does not end'))
        : Promise.resolve();
    expect(await stack.engine().down({ volumes: false })).toMatchObject({
      ok: false,
      error: { code: 'stop-failed', message: expect.stringContaining('kms-1 does not end') as string },
    });
    expect([...fake.containers.keys()]).toEqual(['kms-1']);
    const stopped = fake.requests.filter((request) => request.startsWith('stop'));
    expect(stopped).toHaveLength(5);
  });

  it('also takes what a start that was cut off has had made meanwhile', async () => {
    await using stack = await runningStack();
    const { fake } = stack;
    let isLate = true;
    fake.before = async (request) => {
      if (isLate && request === 'remove telemetry-1') stack.have(stack.owned('kms', { id: 'late', status: 'created' }));
      isLate &&= request !== 'remove telemetry-1';
    };
    expect((await stack.engine().down({ volumes: false })).ok).toBe(true);
    expect(fake.requests).toContain('remove late');
    expect([fake.containers.size, fake.networks]).toEqual([0, []]);
  });

  it('does not call done what somebody makes again each time', async () => {
    await using stack = await runningStack();
    const { api } = stack.fake;
    const stubborn = { ...api, remove: (id: string) => (id === 'kms-1' ? Promise.resolve() : api.remove(id)) };
    expect(await stack.engine({ open: () => Promise.resolve(stubborn) }).down({ volumes: false })).toMatchObject({
      ok: false,
      error: {
        code: 'stop-failed',
        message: expect.stringContaining('is there again') as string,
        fix: expect.stringMatching(/./) as string,
      },
    });
  });

  it('says that the engine does not answer, when it does not', async () => {
    await using stack = await runningStack();
    stack.fake.gone = new Error('connect ECONNREFUSED /var/run/docker.sock');
    expect(await stack.engine().down({ volumes: false })).toMatchObject({
      ok: false,
      error: { code: 'docker-not-running', fix: expect.stringContaining('Start Docker') as string },
    });
  });
});
