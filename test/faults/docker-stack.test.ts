import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import { type DemoPlace, demoPlace } from '#test/support/cli.ts';
import { containersOf, killContainer, leftoversOf } from '#test/support/docker-stack.ts';
import { dockerEngine } from '#test/support/docker.ts';

/** The first run builds the images where they are missing. */
const WITH_BUILD = 600_000;
const LONG = 180_000;

/** One stack for the whole file: each test leaves it well. */
describe.runIf(await dockerEngine())('On Docker', () => {
  let place: DemoPlace;
  beforeAll(async () => {
    place = await demoPlace('docker');
  });
  afterAll(() => place?.[Symbol.asyncDispose](), LONG);

  const expectRepaired = async (): Promise<void> => {
    const { code, stdout, stderr } = await place.run('demo', 'all', '--output', 'json');
    if (stdout === '') throw new Error(stderr);
    const report = JSON.parse(stdout) as Report;
    expect(report.steps.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect([code, report.outcome]).toEqual([0, 'passed']);
  };

  it(
    'a run that is killed half-way is repaired by the next one',
    async () => {
      const run = place.start('demo', 'all');
      await run.said('✓ Telemetry');
      run.child.kill('SIGKILL');
      expect((await run.done).code).toBeNull();
      await expectRepaired();
    },
    WITH_BUILD,
  );

  it.each([
    ['kms-postgres', 'blocks kms'],
    ['identity-postgres', 'blocks identity → kms'],
    ['telemetry', 'without which identity and kms can go on'],
    ['identity', 'blocks kms'],
    ['kms', ''],
  ])(
    '%s killed during a run is named as the root cause, and the next run passes',
    async (service, effect) => {
      const run = place.start('demo', 'all');
      await run.said('✓ PKCE log-in');
      await killContainer(place, service);
      const { code, stderr } = await run.done;
      expect([1, 2]).toContain(code);
      const told = stderr.split('\n').filter((line) => line.includes('Root cause'));
      expect(told).toEqual([expect.stringContaining(`Root cause  ${service} was ended by SIGKILL`)]);
      expect(stderr.replaceAll(/\s+/g, ' ')).toContain(effect);
      expect(stderr).toContain(`passthru logs ${service}`);
      await expectRepaired();
    },
    LONG,
  );

  it(
    'drills hold while PostgreSQL is away, the KMS is killed and its shares are those of somebody else',
    async () => {
      await expectRepaired();
      const names = ['kill-kms', 'postgres-restarted', 'postgres-slow', 'wrong-unseal-share', 'disk-full'];
      const { code, stdout, stderr } = await place.run('drill', ...names, '--output', 'json');
      if (stdout === '') throw new Error(stderr);
      const { steps, outcome } = JSON.parse(stdout) as Report;
      expect(steps.filter(({ status }) => status === 'failed')).toEqual([]);
      expect(steps.filter(({ status }) => status === 'skipped').map(({ id, detail }) => [id, detail])).toEqual([
        ['drill.disk-full', 'not possible here: it is the disk of the Docker host'],
      ]);
      expect([code, outcome]).toEqual([0, 'passed']);
    },
    LONG,
  );

  it(
    'Ctrl-C takes down what the run started, and only that',
    async () => {
      expect((await place.run('down')).code).toBe(0);
      const run = place.start('demo', 'all');
      await run.said('✓ Telemetry');
      run.child.kill('SIGINT');
      const { code, stderr } = await run.done;
      expect(code).toBe(130);
      expect(stderr).toContain('Interrupted: stopping what this run started.');
      expect(await containersOf(place)).toEqual([]);
      expect((await leftoversOf(place)).filter((name) => !name.startsWith('volume '))).toEqual([]);
    },
    LONG,
  );
});
