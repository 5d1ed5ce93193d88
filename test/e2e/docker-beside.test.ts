import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import { cli, type CliResult, type DemoPlace, demoPlace } from '#test/support/cli.ts';
import { containersOf, leftoversOf } from '#test/support/docker-stack.ts';
import { dockerEngine } from '#test/support/docker.ts';

/** The first run builds the images where they are missing. */
const WITH_BUILD = 600_000;
const LONG = 180_000;

describe.runIf(await dockerEngine())('Stacks beside each other', () => {
  let kept: DemoPlace;
  let fleeting: DemoPlace;
  beforeAll(async () => {
    [kept, fleeting] = [await demoPlace('docker'), await demoPlace('docker')];
  });
  afterAll(async () => {
    await kept?.[Symbol.asyncDispose]();
    await fleeting?.[Symbol.asyncDispose]();
  }, LONG);

  const passed = ({ code, stdout, stderr }: CliResult): void => {
    if (stdout === '') throw new Error(stderr);
    expect((JSON.parse(stdout) as Report).steps.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(code).toBe(0);
  };

  it(
    'two demos on Docker run at the same time; the one in the ci profile leaves nothing, the other stays up',
    async () => {
      // The second demo would else wait for the build of the first.
      passed(await kept.run('demo', 'identity', '--output', 'json'));
      const flags = ['--output', 'json', '--health-timeout', '90'];
      const [one, other] = await Promise.all([
        kept.run('demo', 'all', ...flags),
        fleeting.run('demo', 'identity', '--profile', 'ci', ...flags),
      ]);
      passed(one);
      passed(other);
      expect(await leftoversOf(fleeting)).toEqual([]);
      const states = (await containersOf(kept)).map(({ service, state }) => `${service} ${state}`);
      const parts = ['identity', 'identity-postgres', 'kms', 'kms-postgres', 'telemetry'];
      // The second Identity runs for one step only.
      expect(states).toEqual([...parts.map((part) => `${part} running`), 'partner exited'].toSorted());
    },
    WITH_BUILD,
  );

  /** The flags of the place without its engine. */
  const withEngine = (engine: string): readonly string[] => ['--engine', engine, ...kept.flags.slice(2)];

  it('the embedded engine is refused in a folder whose stack is up on Docker, with what to do', async () => {
    const run = await cli(['demo', 'identity', ...withEngine('embedded')], { cwd: kept.folder });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('other-engine-runs');
    expect(run.stderr.replaceAll(/\s+/g, ' ')).toContain('`passthru down --engine docker`');
  });

  it(
    'no engine stated keeps the one whose stack is up, and commands find it without any flag but the folder',
    async () => {
      const before = await containersOf(kept);
      const again = await cli(['demo', 'identity', ...withEngine('auto')], { cwd: kept.folder });
      expect(again.stderr).toMatch(/^passthru demo identity {3}engine docker: Docker Engine \d+\.\d+/);
      expect(again.code, again.stderr).toBe(0);
      expect(await containersOf(kept)).toEqual(before);
      const status = await cli(['status', '--state-dir', kept.stateDir], { cwd: kept.folder });
      expect([status.code, status.stdout]).toEqual([0, expect.stringContaining(`https://localhost:${kept.ports.kms}`)]);
      const down = await cli(['down', '--state-dir', kept.stateDir], { cwd: kept.folder });
      expect([down.code, down.stdout]).toEqual([
        0,
        'Stopped kms, identity, telemetry, kms-postgres, identity-postgres; data stay, --volumes removes them\n',
      ]);
    },
    LONG,
  );

  it(
    'down --volumes leaves nothing of either engine, where both had a stack in one folder',
    async () => {
      const run = await cli(['demo', 'identity', ...withEngine('embedded')], { cwd: kept.folder });
      expect(run.code, run.stderr).toBe(0);
      expect((await leftoversOf(kept)).length).toBeGreaterThan(0);
      const down = await cli(['down', '--volumes', '--state-dir', kept.stateDir], { cwd: kept.folder });
      expect([down.code, down.stdout]).toEqual([0, 'Stopped identity, telemetry; data removed\n']);
      expect(await leftoversOf(kept)).toEqual([]);
      expect(existsSync(kept.stateDir)).toBe(false);
    },
    LONG,
  );
});

describe.runIf(await dockerEngine())('An engine that does not answer', () => {
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };

  it(
    'is no failure where none was named: the embedded engine runs, and the headline says why',
    async () => {
      await using place = await demoPlace();
      const run = await cli(['demo', 'identity', '--rm', ...place.flags.slice(2)], { cwd: place.folder, env });
      expect(run.code, run.stderr).toBe(0);
      expect(run.stderr.replaceAll(/\s+/g, ' ')).toMatch(
        /^passthru demo identity engine embedded\b.{0,20} no Docker engine answers .*ENOENT \/nowhere/,
      );
    },
    LONG,
  );

  it('that was named is a failure with exit code 2 and the fix, and nothing starts', async () => {
    await using place = await demoPlace('docker');
    const run = await cli(['demo', 'identity', ...place.flags], { cwd: place.folder, env });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('docker-not-running');
    expect(run.stderr).toContain('fix  Start Docker');
    expect(await leftoversOf(place)).toEqual([]);
  });
});
