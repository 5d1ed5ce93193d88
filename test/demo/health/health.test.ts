import { describe, expect, it } from 'vitest';
import { readProbe, type Probe } from '#demo/health/probe.ts';
import { rootCauseOf, type Finding } from '#demo/health/root-cause.ts';
import { waitHealthy, type WaitOptions } from '#demo/health/wait.ts';
import type { Diagnosis } from '#engine/engine.ts';
import { statusOf, unique } from '#test/support/demo-engine.ts';

const ready: Probe = { state: 'ready', text: 'ready', blockedBy: [], dependencies: ['database up'] };
const red: Probe = {
  state: 'not-ready',
  text: '/readyz answers 503: identity down',
  blockedBy: ['identity'],
  dependencies: ['identity down'],
};

describe('readProbe', () => {
  it('names each required dependency that is down with its cause, and no optional one', () => {
    const cause = unique('refuses connections');
    const body = {
      detail: 'something',
      dependencies: {
        database: { state: 'up', required: true, cause: null },
        identity: { state: 'down', required: true, cause },
        telemetry: { state: 'down', required: false, cause: 'gone' },
      },
    };
    expect(readProbe(503, JSON.stringify(body))).toEqual({
      state: 'not-ready',
      text: `/readyz answers 503: identity down, ${cause}`,
      blockedBy: ['identity'],
      dependencies: ['database up', 'identity down', 'telemetry down'],
    });
  });

  it('gives the reason of the service itself', () => {
    expect(readProbe(503, JSON.stringify({ reason: 'sealed', dependencies: {} })).text).toBe('/readyz answers 503: sealed');
  });

  it.each(['', 'not json', 'null', '[]'])('takes a body that says nothing (%j) for not ready', (body) => {
    expect(readProbe(502, body)).toEqual({ state: 'not-ready', text: '/readyz answers 502', blockedBy: [], dependencies: [] });
  });
});

const waiting = (probes: readonly Probe[], change: Partial<WaitOptions> = {}) => {
  let [clock, at] = [0, 0];
  const told: string[] = [];
  const options: WaitOptions = {
    service: 'kms',
    url: 'https://localhost/readyz',
    probe: async () => probes[Math.min(at++, probes.length - 1)] ?? ready,
    status: async () => [statusOf('kms')],
    timeoutMs: 1_000,
    intervalMs: { first: 100, last: 100 },
    progress: (text) => void told.push(text),
    now: () => clock,
    sleep: async (milliseconds) => void (clock += milliseconds),
    signal: new AbortController().signal,
    ...change,
  };
  return { result: waitHealthy(options), told, probes: () => at };
};

describe('waitHealthy', () => {
  it('wants two passes in a row', async () => {
    const { result, probes } = waiting([ready, red, ready, ready]);
    await expect(result).resolves.toMatchObject({ ok: true, value: { passes: 2, waitedMs: 300 } });
    expect(probes()).toBe(4);
  });

  it('has not waited for what was ready whenever it was asked', async () => {
    const { result } = waiting([ready]);
    await expect(result).resolves.toMatchObject({ ok: true, value: { waitedMs: 0, probe: ready } });
  });

  it('starts counting anew when the process was restarted', async () => {
    let looks = 0;
    const status = async () => [statusOf('kms', { pid: (looks += 1) < 3 ? 1 : 2, restarts: looks < 3 ? 0 : 1 })];
    const { result, probes } = waiting([ready], { status });
    await expect(result).resolves.toMatchObject({ ok: true, value: { restarts: 1 } });
    expect(probes()).toBe(3);
  });

  it('looks less often while nothing changes, and often again when something did', async () => {
    const pauses: number[] = [];
    const [first, last] = [40, 100];
    const starting: Probe = { state: 'unreachable', text: 'refuses connections', blockedBy: [], dependencies: [] };
    const { result } = waiting([starting, starting, starting, starting, starting, starting, starting, red, ready], {
      intervalMs: { first, last },
      sleep: async (milliseconds) => void pauses.push(Math.round(milliseconds)),
    });
    await result;
    expect(pauses).toEqual([40, 50, 63, 78, 98, 100, 100, 40, 40]);
  });

  it('says once what it waits for', async () => {
    const { result, told } = waiting([red, red, ready, ready]);
    await result;
    expect(told).toEqual(['waiting for identity: /readyz answers 503: identity down']);
  });

  it('says what it waited for, where and how long, when time is over', async () => {
    const { result } = waiting([red]);
    await expect(result).resolves.toMatchObject({
      ok: false,
      error: {
        code: 'health-timeout',
        message: expect.stringMatching(/waited 1000 ms for kms at https:\/\/localhost\/readyz .*identity down/),
      },
    });
  });

  it('gives up at once when the process has ended', async () => {
    const { result, probes } = waiting([red], { status: async () => [statusOf('kms', { state: 'exited', exitCode: 3 })] });
    await expect(result).resolves.toMatchObject({
      ok: false,
      error: { code: 'service-exited', message: expect.stringContaining('code 3') },
    });
    expect(probes()).toBe(0);
  });

  it.each(['kms-postgres', 'identity', 'identity-postgres'] as const)(
    'gives up at once when %s, which it requires, has ended',
    async (part) => {
      const { result } = waiting([red], { status: async () => [statusOf(part, { state: 'exited', exitCode: 137 }), statusOf('kms')] });
      await expect(result).resolves.toMatchObject({
        ok: false,
        error: {
          code: 'service-exited',
          message: `${part}, which kms requires, exited with code 137 while kms was waited for`,
          fix: `Look at \`passthru logs ${part}\`.`,
        },
      });
    },
  );

  it('goes on without what it only prefers', async () => {
    const { result } = waiting([ready], { status: async () => [statusOf('telemetry', { state: 'exited' }), statusOf('kms')] });
    await expect(result).resolves.toMatchObject({ ok: true });
  });
});

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
