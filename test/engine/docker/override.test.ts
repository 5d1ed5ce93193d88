import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { overrideText } from '#engine/docker/compose/override.ts';

interface Override {
  readonly services: Readonly<Record<string, { readonly labels: unknown; readonly healthcheck?: unknown }>>;
  readonly networks: unknown;
  readonly volumes: unknown;
}

const written = (services: Readonly<Record<string, Readonly<Record<string, string>>>>): Override =>
  parse(
    overrideText(
      { services, network: (name) => ({ of: name }), volume: (name) => ({ of: name }) },
      { networks: ['kms-network'], volumes: ['kms-postgres-data'] },
    ),
  ) as Override;

describe('The Compose file of the engine', () => {
  it('labels services, networks and volumes, and lets Compose take no dollar sign for a variable', () => {
    const { services, networks, volumes } = written({ kms: { path: '/home/$user/state' } });
    expect(services['kms']?.labels).toEqual({ path: '/home/$$user/state' });
    expect([networks, volumes]).toEqual([
      { 'kms-network': { labels: { of: 'kms-network' } } },
      { 'kms-postgres-data': { labels: { of: 'kms-postgres-data' } } },
    ]);
  });

  it('has the checks in containers that start wait: ours look from outside, and only a database can be asked by its check alone', () => {
    const { services } = written({ kms: {}, 'kms-postgres': {}, 'kms-balancer': {} });
    expect(services['kms']?.healthcheck).toEqual({ start_period: '60s', start_interval: '5s' });
    expect(services['kms-postgres']?.healthcheck).toEqual({ start_period: '60s', start_interval: '3s' });
    expect(services['kms-balancer']).toEqual({ labels: {} });
  });
});
