import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import { type DemoPlace, demoPlace } from '#test/support/cli.ts';

let place: DemoPlace;
beforeEach(async () => {
  place = await demoPlace();
});
afterEach(() => place[Symbol.asyncDispose](), 60_000);

interface StatusDocument {
  readonly services: readonly {
    readonly service: string;
    readonly pid: number | null;
    readonly state: string;
    readonly cause: string | null;
  }[];
}

const status = async (): Promise<{ code: number | null; services: StatusDocument['services'] }> => {
  const run = await place.run('status', '--output', 'json');
  return { code: run.code, services: (JSON.parse(run.stdout) as StatusDocument).services };
};

/** By the run file, because asking `status` takes longer than some steps do. */
const kill = async (service: string): Promise<void> => {
  const { services } = JSON.parse(await readFile(join(place.stateDir, 'run.json'), 'utf8')) as {
    services: Record<string, { pid: number } | undefined>;
  };
  const pid = services[service]?.pid;
  if (pid === undefined) throw new Error(`${service} does not run`);
  process.kill(pid, 'SIGKILL');
};

const demo = async (): Promise<{ code: number | null; report: Report }> => {
  const run = await place.run('demo', 'all', '--output', 'json');
  return { code: run.code, report: JSON.parse(run.stdout) as Report };
};

describe('A service killed with SIGKILL', () => {
  it('on a running stack: Identity gone turns the KMS red with Identity named, status fails, and the next demo repairs', async () => {
    expect((await demo()).code).toBe(0);
    await kill('identity');
    await expect
      .poll(async () => (await status()).services.find((each) => each.service === 'kms')?.cause, { timeout: 10_000 })
      .toContain('identity');
    const red = await status();
    expect(red.code).not.toBe(0);
    expect(red.services.find((each) => each.service === 'identity')?.state).toBe('down');
    const repaired = await demo();
    expect(repaired.report.steps.filter(({ status: came }) => came !== 'passed')).toEqual([]);
    expect([repaired.code, repaired.report.outcome]).toEqual([0, 'passed']);
    expect((await status()).code).toBe(0);
  }, 120_000);

  const moments = ['✓ KMS', '✓ PKCE log-in', '✓ Elastic keys', '✓ Client certificate'];
  it.each(moments.flatMap((moment) => ['telemetry', 'identity', 'kms'].map((service) => [moment, service] as const)))(
    'during a run, after %s: %s gone fails that run with one root-cause line, and the next run passes',
    async (moment, service) => {
      const run = place.start('demo', 'all');
      await run.said(moment);
      await kill(service);
      const { code, stderr, stdout } = await run.done;
      expect([1, 2]).toContain(code);
      const rootCauses = (stdout + stderr).split('\n').filter((line) => line.includes('Root cause'));
      expect(rootCauses).toHaveLength(1);
      expect(rootCauses[0]).toContain(service);
      const repaired = await demo();
      expect(repaired.report.steps.filter(({ status: came }) => came !== 'passed')).toEqual([]);
      expect([repaired.code, repaired.report.outcome]).toEqual([0, 'passed']);
    },
    120_000,
  );
});

describe('The CLI killed with SIGKILL half-way', () => {
  it('is repaired by the next run', async () => {
    const run = place.start('demo', 'all');
    await run.said('Identity');
    run.child.kill('SIGKILL');
    await run.done;
    const next = await demo();
    expect(next.report.steps.filter(({ status: came }) => came !== 'passed')).toEqual([]);
    expect([next.code, next.report.outcome]).toEqual([0, 'passed']);
  }, 120_000);
});

describe('Two runs in one place', () => {
  it('exclude each other: the second names the holder, its age and its command', async () => {
    const run = place.start('demo', 'all');
    await run.said('Certificates');
    const second = await place.run('demo', 'all');
    expect(second.code).not.toBe(0);
    expect(second.stderr + second.stdout).toMatch(new RegExp(`${run.child.pid}`));
    expect(second.stderr + second.stdout).toContain('demo all');
    expect((await run.done).code).toBe(0);
  }, 120_000);
});

describe('Ctrl-C', () => {
  it('is acknowledged, takes down what this run started, and exits 130', async () => {
    const run = place.start('demo', 'all');
    await run.said('Identity');
    run.child.kill('SIGINT');
    expect((await run.done).code).toBe(130);
    expect((await status()).services.every((each) => each.state === 'down')).toBe(true);
  }, 120_000);
});
