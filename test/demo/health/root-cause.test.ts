import { describe, expect, it } from 'vitest';
import type { Probe } from '#demo/health/probe.ts';
import { rootCauseOf, type Finding } from '#demo/health/root-cause.ts';
import type { Diagnosis } from '#engine/engine.ts';
import { unique } from '#test/support/demo-engine.ts';

const ready: Probe = { state: 'ready', text: 'ready', blockedBy: [], dependencies: ['database up'] };
const red: Probe = {
  state: 'not-ready',
  text: '/readyz answers 503: identity down',
  blockedBy: ['identity'],
  dependencies: ['identity down'],
};

const finding = (part: Finding['part'], change: Partial<Finding> = {}): Finding => ({
  part,
  state: 'running',
  health: null,
  probe: ready,
  diagnosis: null,
  ...change,
});

describe('rootCauseOf', () => {
  const diagnosis = { exitCode: 1, signal: null, outOfMemory: false, lastProbe: null, logTail: ['last'] } as const;

  it('is null for a sound chain', () => {
    expect(rootCauseOf([finding('telemetry'), finding('identity'), finding('kms')])).toBeNull();
  });

  it('blames the first service in trouble, not those that hang on it', () => {
    const cause = rootCauseOf([
      finding('telemetry'),
      finding('identity', { state: 'exited', probe: null, diagnosis: { service: 'identity', ...diagnosis } }),
      finding('kms', { probe: red }),
    ]);
    expect(cause).toMatchObject({ chain: ['identity', 'kms'], line: 'identity exited with code 1, which blocks kms', logTail: ['last'] });
  });

  it('does not say that a dead telemetry blocks those that only prefer it', () => {
    const dead = finding('telemetry', { state: 'exited', probe: null, diagnosis: { service: 'telemetry', ...diagnosis } });
    expect(rootCauseOf([dead, finding('identity'), finding('kms')])).toMatchObject({
      chain: ['telemetry'],
      line: 'telemetry exited with code 1, without which identity and kms can go on',
    });
  });

  it('blames what is required before what is only preferred, and names both', () => {
    const cause = rootCauseOf([
      finding('telemetry', { state: 'exited', probe: null, diagnosis: { service: 'telemetry', ...diagnosis } }),
      finding('identity', { state: 'exited', probe: null, diagnosis: { service: 'identity', ...diagnosis, exitCode: 7 } }),
      finding('kms', { probe: red }),
    ]);
    expect(cause).toMatchObject({
      chain: ['identity', 'kms'],
      line: 'identity exited with code 7, which blocks kms; telemetry exited with code 1, too',
    });
  });

  it('tells what the last probe said of a service that runs but is not ready', () => {
    const cause = rootCauseOf([finding('identity'), finding('kms', { probe: red })]);
    expect(cause?.line).toBe('kms is not ready; last probe: /readyz answers 503: identity down');
    expect(cause?.fix).toContain('passthru logs kms');
  });

  it.each([
    [{ signal: 'SIGKILL' }, 'kms was ended by SIGKILL'],
    [{ outOfMemory: true }, 'kms ran out of memory'],
    [{ exitCode: null }, 'kms exited'],
  ])('words %j as "%s"', (change, line) => {
    const cause = rootCauseOf([finding('kms', { state: 'exited', probe: null, diagnosis: { service: 'kms', ...diagnosis, ...change } })]);
    expect(cause?.line).toBe(line);
  });

  describe('on an engine with databases', () => {
    const database = (part: 'identity-postgres' | 'kms-postgres', change: Partial<Finding> = {}): Finding =>
      finding(part, { health: 'healthy', probe: null, ...change });
    const dead = (part: 'identity-postgres' | 'kms-postgres', change: Partial<Diagnosis>): Finding =>
      database(part, { state: 'exited', health: null, diagnosis: { service: part, ...diagnosis, ...change } });

    it.each(['starting', 'unhealthy'] as const)(
      'takes a database whose last check says %s for well when the server upon it is ready',
      (health) => {
        const unasked = database('identity-postgres', { health });
        expect(rootCauseOf([unasked, finding('identity')])).toBeNull();
        const cause = rootCauseOf([unasked, finding('identity', { probe: { ...red, blockedBy: [] } })]);
        expect(cause?.chain).toEqual(['identity-postgres', 'identity']);
        expect(rootCauseOf([dead('identity-postgres', {}), finding('identity')])).not.toBeNull();
      },
    );

    it('is null when every database is healthy, too', () => {
      const chain = [database('identity-postgres'), database('kms-postgres'), finding('telemetry'), finding('identity'), finding('kms')];
      expect(rootCauseOf(chain)).toBeNull();
    });

    it('blames a dead database, not the service that is red without it', () => {
      const cause = rootCauseOf([
        database('identity-postgres'),
        dead('kms-postgres', { exitCode: 137, signal: 'SIGKILL', lastProbe: 'accepting connections' }),
        finding('telemetry'),
        finding('identity'),
        finding('kms', { probe: red }),
      ]);
      expect(cause).toEqual({
        chain: ['kms-postgres', 'kms'],
        line: 'kms-postgres was ended by SIGKILL, which blocks kms',
        logTail: ['last'],
        fix: 'Look at `passthru logs kms-postgres`, then run the demo again: it starts what is down.',
      });
    });

    it('follows the chain from the database of Identity to the KMS', () => {
      const cause = rootCauseOf([
        dead('identity-postgres', { exitCode: null, outOfMemory: true }),
        database('kms-postgres'),
        finding('telemetry'),
        finding('identity', { probe: red }),
        finding('kms', { probe: red }),
      ]);
      expect(cause?.line).toBe('identity-postgres ran out of memory, which blocks identity → kms');
      expect(cause?.chain).toEqual(['identity-postgres', 'identity', 'kms']);
      expect(cause?.fix).toBe('Give identity-postgres more memory, then run the demo again.');
    });

    it('tells what the health check of the platform said of a database that runs but is not well', () => {
      const lastProbe = unique('psql: could not connect');
      const sick = database('kms-postgres', {
        health: 'unhealthy',
        diagnosis: { service: 'kms-postgres', ...diagnosis, exitCode: null, lastProbe },
      });
      expect(rootCauseOf([sick, finding('kms', { probe: red })])?.line).toBe(
        `kms-postgres is not ready, which blocks kms; last probe: ${lastProbe}`,
      );
    });
  });

  it('says that a service which was never started is not running', () => {
    expect(rootCauseOf([finding('telemetry', { state: 'absent', probe: null })])?.line).toBe('telemetry is not running');
  });
});
