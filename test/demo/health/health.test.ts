import { describe, expect, it } from 'vitest';
import { readProbe, type Probe } from '#demo/health/probe.ts';
import { rootCauseOf, type Finding } from '#demo/health/root-cause.ts';
import { waitHealthy, type WaitOptions } from '#demo/health/wait.ts';
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
    status: async () => statusOf('kms'),
    timeoutMs: 1_000,
    intervalMs: 100,
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
    const status = async () => statusOf('kms', { pid: (looks += 1) < 3 ? 1 : 2, restarts: looks < 3 ? 0 : 1 });
    const { result, probes } = waiting([ready], { status });
    await expect(result).resolves.toMatchObject({ ok: true, value: { restarts: 1 } });
    expect(probes()).toBe(3);
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
    const { result, probes } = waiting([red], { status: async () => statusOf('kms', { state: 'exited', exitCode: 3 }) });
    await expect(result).resolves.toMatchObject({
      ok: false,
      error: { code: 'service-exited', message: expect.stringContaining('code 3') },
    });
    expect(probes()).toBe(0);
  });
});

const finding = (service: Finding['service'], change: Partial<Finding> = {}): Finding => ({
  service,
  state: 'running',
  probe: ready,
  diagnosis: null,
  ...change,
});

describe('rootCauseOf', () => {
  const diagnosis = { exitCode: 1, signal: null, outOfMemory: false, logTail: ['last'] } as const;

  it('is null for a sound chain', () => {
    expect(rootCauseOf([finding('telemetry'), finding('identity'), finding('kms')])).toBeNull();
  });

  it('blames the first service in trouble, not those that hang on it', () => {
    const cause = rootCauseOf([
      finding('telemetry'),
      finding('identity', { state: 'exited', probe: null, diagnosis: { service: 'identity', ...diagnosis } }),
      finding('kms', { probe: red }),
    ]);
    expect(cause).toMatchObject({ service: 'identity', line: 'identity exited with code 1, which blocks kms', logTail: ['last'] });
  });

  it('does not say that a dead telemetry blocks those that only prefer it', () => {
    const dead = finding('telemetry', { state: 'exited', probe: null, diagnosis: { service: 'telemetry', ...diagnosis } });
    expect(rootCauseOf([dead, finding('identity'), finding('kms')])).toMatchObject({
      service: 'telemetry',
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
      service: 'identity',
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

  it('says that a service which was never started is not running', () => {
    expect(rootCauseOf([finding('telemetry', { state: 'absent', probe: null })])?.line).toBe('telemetry is not running');
  });
});
