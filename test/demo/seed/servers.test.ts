import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { refuseDeadServers, repairsFor, sameTenants, type ServerState } from '#demo/seed/servers.ts';
import { someTenants } from '#test/support/demo-servers.ts';

const [old, fresh] = [someTenants(), someTenants()];
const state = (server: 'identity' | 'kms', tenants = old, pending: string | null = null): ServerState => ({
  server,
  seeded: true,
  tenants,
  reset_pending: pending,
});
const id = randomUUIDv7();

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
  it.each(['identity', 'kms'] as const)('names %s when it was started and runs no more', (service) => {
    const other = service === 'kms' ? 'identity' : 'kms';
    const refuse = () =>
      refuseDeadServers([
        { service, state: 'exited' },
        { service: other, state: 'running' },
      ]);
    expect(refuse).toThrow(expect.objectContaining({ code: 'server-down', message: expect.stringContaining(service) }));
  });

  it('lets a stack be reset of which only Identity was ever started', () => {
    const statuses = [
      { service: 'telemetry', state: 'exited' },
      { service: 'identity', state: 'running' },
      { service: 'kms', state: 'absent' },
    ] as const;
    expect(() => refuseDeadServers(statuses)).not.toThrow();
  });
});

describe('sameTenants', () => {
  it('compares names and ids whatever their order', () => {
    expect(sameTenants(old, Object.fromEntries(Object.entries(old).toReversed()))).toBe(true);
    expect(sameTenants(old, fresh)).toBe(false);
    expect(sameTenants(old, {})).toBe(false);
  });
});
