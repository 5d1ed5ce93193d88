import type { ContainerInspectInfo } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { detailsOf } from '#engine/docker/api/container-details.ts';

/** What the engine tells of a container whose health check ended so, the last one last. */
const inspected = (...probes: readonly { ExitCode: number; Output: string }[]): ContainerInspectInfo =>
  ({
    Id: 'one',
    Name: '/passthru-test-kms-postgres-1',
    Config: { Labels: {} },
    State: { Status: 'running', Health: { Status: 'starting', Log: probes } },
    Created: '2027-01-01T00:00:00Z',
    RestartCount: 0,
  }) as unknown as ContainerInspectInfo;

describe('The last probe of a container', () => {
  it('has nothing to tell where it passed: `select 1` prints 1', () => {
    expect(detailsOf(inspected({ ExitCode: 0, Output: '1\n' })).lastProbe).toBeNull();
    expect(detailsOf(inspected({ ExitCode: 2, Output: 'refused' }, { ExitCode: 0, Output: '1\n' })).lastProbe).toBeNull();
    expect(detailsOf(inspected()).lastProbe).toBeNull();
  });

  it('says each line of one that failed once', () => {
    const Output = 'psql: error: connection refused\n\tIs the server running?\npsql: error: connection refused\n\tIs the server running?\n';
    expect(detailsOf(inspected({ ExitCode: 2, Output })).lastProbe).toBe('psql: error: connection refused Is the server running?');
  });
});
