import { describe, expect, it } from 'vitest';
import { stackStatus } from '#demo/health/status.ts';
import type { PartName, ServiceStatus } from '#engine/engine.ts';
import { fakeEngine, statusOf, unique } from '#test/support/demo-engine.ts';

/** An engine with two databases; nothing answers on its ports. */
const engineWith = (changes: Partial<Record<PartName, Partial<ServiceStatus>>>, lastProbe: string | null = null) => {
  const parts = ['identity-postgres', 'kms-postgres', 'telemetry', 'identity', 'kms'] as const;
  return fakeEngine({
    kind: 'docker',
    parts,
    status: async () => parts.map((part) => statusOf(part, changes[part])),
    diagnose: async (service) => ({ service, exitCode: 137, signal: null, outOfMemory: true, lastProbe, logTail: [] }),
  });
};

describe('The status of a stack with databases', () => {
  it('lists every part in the order of the chain, each database by the health check of the platform', async () => {
    const lastProbe = unique('connection refused');
    const engine = engineWith({ 'identity-postgres': { health: 'healthy' }, 'kms-postgres': { health: 'unhealthy' } }, lastProbe);
    const { services, ready } = await stackStatus({ engine });
    expect(services.map(({ service, state }) => `${service} ${state}`)).toEqual([
      'identity-postgres ready',
      'kms-postgres not-ready',
      'telemetry not-ready',
      'identity not-ready',
      'kms not-ready',
    ]);
    expect(services[1]?.cause).toBe(lastProbe);
    expect(ready).toBe(false);
  });

  it('says of a database that starts that it starts, even before its first check', async () => {
    const { services } = await stackStatus({ engine: engineWith({ 'kms-postgres': { health: 'starting' } }) });
    expect(services[1]).toMatchObject({ service: 'kms-postgres', state: 'starting', cause: 'the health check says starting' });
  });

  it('says how a dead part ended', async () => {
    const { services } = await stackStatus({ engine: engineWith({ 'kms-postgres': { state: 'exited', exitCode: 137 } }) });
    expect(services[1]).toMatchObject({ service: 'kms-postgres', state: 'down', cause: 'ran out of memory' });
  });

  it('tells a part that was stopped, by the data of its server, from one that was never started', async () => {
    const absent = { state: 'absent' } as const;
    const engine = engineWith({ 'identity-postgres': absent, 'kms-postgres': absent, telemetry: absent, identity: absent, kms: absent });
    const stopped = { ...engine, holdsData: async (server: 'identity' | 'kms') => server === 'identity' };
    const { services, ready } = await stackStatus({ engine: stopped });
    expect(services.map(({ cause }) => cause)).toEqual(['stopped', 'not started', 'stopped', 'stopped', 'not started']);
    expect(ready).toBe(false);
  });

  it('misses no database of a service that was never started', async () => {
    const absent = { state: 'absent' } as const;
    const engine = engineWith({ 'identity-postgres': {}, 'kms-postgres': absent, telemetry: absent, identity: absent, kms: absent });
    const { services, ready } = await stackStatus({ engine });
    expect(services.find(({ service }) => service === 'kms-postgres')).toMatchObject({ state: 'down', cause: 'not started' });
    expect(ready).toBe(true);
  });
});
