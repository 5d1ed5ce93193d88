import { describe, expect, it } from 'vitest';
import { waitHealthy, type WaitOptions } from '#demo/health/bring-up/wait.ts';
import type { Probe } from '#demo/health/probe.ts';
import { statusOf } from '#test/support/demo-engine.ts';

const ready: Probe = { state: 'ready', text: 'ready', blockedBy: [], dependencies: ['database up'] };
const red: Probe = {
  state: 'not-ready',
  text: '/readyz answers 503: identity down',
  blockedBy: ['identity'],
  dependencies: ['identity down'],
};

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

  it('waits after a pass as long as it was told to, and no longer', async () => {
    const pauses: number[] = [];
    const { result } = waiting([red, ready, red, ready, ready], {
      intervalMs: { first: 40, last: 100, again: 12 },
      sleep: async (milliseconds) => void pauses.push(milliseconds),
    });
    await result;
    expect(pauses).toEqual([40, 12, 40, 12]);
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
