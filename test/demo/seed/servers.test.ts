import { randomUUIDv7 } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSession } from '#client/session/session.ts';
import { refuseDeadServers, repairsFor, runningServers } from '#demo/seed/servers.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';
import type { HttpsRequest } from '#infra/http/client.ts';
import { fakeEngine, statusOf } from '#test/support/demo-engine.ts';
import { someTenants } from '#test/demo/seed/demo-servers.ts';

const [old, fresh] = [someTenants(), someTenants()];
const state = (server: 'identity' | 'kms', tenants = old, pending: string | null = null): Parameters<typeof repairsFor>[0][number] => ({
  server,
  seeded: true,
  tenants,
  reset_pending: pending,
});
const id = randomUUIDv7();

describe('runningServers', () => {
  afterEach(() => vi.restoreAllMocks());

  /** A stack whose servers answer every request that was not given up before. */
  const answering = (interrupt: AbortSignal) => {
    const engine = fakeEngine({ status: async () => [statusOf('identity'), statusOf('kms', { state: 'exited' })] });
    const asked: HttpsRequest[] = [];
    const client = {
      request: async (request: HttpsRequest) => {
        request.signal?.throwIfAborted();
        asked.push(request);
        return { status: 204, headers: {}, setCookies: [], text: '', json: <T>() => ({}) as T };
      },
    };
    const stack: StackAccess = {
      endpoints: engine.endpoints(),
      session: async (options = {}) => createSession({ client, signal: interrupt, ...options }),
    };
    return { engine, stack, asked };
  };

  it('can still commit and roll back when the time of every limit set before is over', async () => {
    const { engine, stack, asked } = answering(new AbortController().signal);
    // As after a suspend: whatever limit is set while the servers are looked for, is over when they are asked.
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort(new DOMException('too late', 'TimeoutError')));
    const servers = await runningServers(engine, stack);
    expect(servers.map(({ server }) => server)).toEqual(['identity']);
    await servers[0]?.commit(id);
    await servers[0]?.rollback(id);
    expect(asked.map(({ url, timeoutMs }) => [new URL(url).pathname, timeoutMs])).toEqual([
      [`/admin/v1/demo/reset/${id}/commit`, 15_000],
      [`/admin/v1/demo/reset/${id}/rollback`, 15_000],
    ]);
  });

  it('are asked to the end when the run is interrupted', async () => {
    const interrupt = new AbortController();
    const { engine, stack, asked } = answering(interrupt.signal);
    const [identity] = await runningServers(engine, stack);
    interrupt.abort();
    await identity?.rollback(id);
    expect(asked).toHaveLength(1);
  });
});

describe('repairsFor', () => {
  it('has nothing to do when nothing is pending', () => {
    expect(repairsFor([state('identity'), state('kms')])).toEqual([]);
  });

  it('rolls back a reset that only one server began', () => {
    expect(repairsFor([state('identity', fresh, id), state('kms')])).toEqual([{ server: 'identity', resetId: id, action: 'rollback' }]);
  });

  it('rolls back on both when neither had committed', () => {
    const actions = repairsFor([state('identity', fresh, id), state('kms', fresh, id)]).map(({ action }) => action);
    expect(actions).toEqual(['rollback', 'rollback']);
  });

  it('commits where the other server has committed the same tenants', () => {
    expect(repairsFor([state('identity', fresh), state('kms', fresh, id)])).toEqual([{ server: 'kms', resetId: id, action: 'commit' }]);
  });
});

describe('refuseDeadServers', () => {
  type State = 'absent' | 'running' | 'exited';
  const refuse = (states: Partial<Record<'telemetry' | 'identity' | 'kms', State>>, data: readonly string[] = []) =>
    refuseDeadServers(
      fakeEngine({
        status: async () => Object.entries(states).map(([service, state]) => statusOf(service as 'kms', { state })),
        holdsData: async (server) => data.includes(server),
      }),
    );

  it.each([
    ['absent', 'passthru demo identity'],
    ['running', 'passthru demo all'],
  ] as const)('names a demo that brings back what there was, with a KMS that is %s', async (kms, fix) => {
    await expect(refuse({ identity: 'exited', kms })).rejects.toMatchObject({ fix: expect.stringContaining(fix) });
  });

  it.each(['identity', 'kms'] as const)('names %s when it was started and runs no more', async (service) => {
    const states = { identity: 'running', kms: 'running', [service]: 'exited' } as const;
    await expect(refuse(states)).rejects.toMatchObject({ code: 'server-down', message: expect.stringContaining(service) });
  });

  it('names a KMS that was stopped and has data: the next demo would replace its tenants', async () => {
    const refused = refuse({ identity: 'running', kms: 'absent' }, ['identity', 'kms']);
    await expect(refused).rejects.toMatchObject({ code: 'server-down', fix: 'Bring it back first: `passthru demo all`.' });
  });

  it('lets a stack be reset of which only Identity was ever started', async () => {
    await expect(refuse({ telemetry: 'exited', identity: 'running', kms: 'absent' }, ['identity'])).resolves.toBeUndefined();
  });
});
