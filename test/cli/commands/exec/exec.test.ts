import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import { BIN, cli, startCli } from '#test/support/cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** An empty project, and temporary files of its own, where everything that a command leaves would be seen. */
const project = async () => {
  const [work, temporary] = [await temporaryDirectory(), await temporaryDirectory()];
  const options = { cwd: work.path, env: { TMPDIR: temporary.path, PASSTHRU_HEALTH_TIMEOUT: '120', PASSTHRU_ENGINE: 'embedded' } };
  return {
    path: work.path,
    run: (...args: readonly string[]) => cli(args, options),
    start: (...args: readonly string[]) => startCli(args, options),
    left: async () => [...(await readdir(work.path)), ...(await readdir(temporary.path))],
    options,
    [Symbol.asyncDispose]: async () => {
      await work[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
};

/** Reads the keys of the demo as any program would: it knows nothing but its environment. */
const READ_KEYS = `
  const { PASSTHRU_USERNAME: name, PASSTHRU_PASSWORD: password, PASSTHRU_KMS_API_URL: kms, PASSTHRU_ISSUER: issuer } = process.env;
  const authorization = 'Basic ' + btoa(name + ':' + password);
  const keys = await fetch(kms + '/elastic-keys', { headers: { authorization } });
  const discovery = await fetch(issuer + '/.well-known/openid-configuration');
  console.log(keys.status, (await discovery.json()).issuer === issuer);`;

const NODE = ['--', process.execPath, '--input-type=module', '-e'];

describe('passthru exec', () => {
  it('gives a program a stack of its own, ends with its exit code, and leaves nothing', async () => {
    await using here = await project();
    const { code, stdout, stderr } = await here.run('exec', ...NODE, `${READ_KEYS}; process.exitCode = 7`);
    expect([code, stdout]).toEqual([7, '200 true\n']);
    expect(stderr).toMatch(/^passthru exec: embedded stack, KMS https:\/\/localhost:\d+, Identity https:\/\/localhost:\d+\n$/);
    expect(await here.left()).toEqual([]);
  });

  it('leaves nothing when it is told to end, and the program decides with which code', async () => {
    await using here = await project();
    const running = here.start('exec', '--', 'sh', '-c', "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done");
    await running.said('ready');
    running.child.kill('SIGTERM');
    expect((await running.done).code).toBe(9);
    expect(await here.left()).toEqual([]);
  });

  it('says before it starts anything that there is no such program', async () => {
    await using here = await project();
    const { code, stdout, stderr } = await here.run('exec', '--output-of-mine');
    expect([code, stdout, stderr.includes('unknown option')]).toEqual([64, '', true]);
    const missing = await here.run('exec', '-q', 'no-such-program', '--engine', 'its own flag');
    expect([missing.code, missing.stdout]).toEqual([127, '']);
    expect(missing.stderr).toContain('no-such-program was not found');
    const line = await here.run('exec', '-q', 'curl -s https://localhost');
    expect([line.code, line.stderr.replaceAll(/\s+/g, ' ')]).toEqual([127, expect.stringContaining('fix Write the words apart')]);
    expect(await here.left()).toEqual([]);
  });

  it('runs on the stack that `up` left, by a state folder that is stated, and leaves it up', async () => {
    await using here = await project();
    const up = await here.run('up', '--port-base', '0', '--profile', 'ci', '--output', 'json');
    expect([up.code, up.code === 0 ? '' : up.stderr]).toEqual([0, '']);
    const report = JSON.parse(up.stdout) as Report;
    expect(new Set(report.steps.map(({ phase }) => phase))).toEqual(new Set(['bring-up', 'seed']));
    const again = await here.run('up');
    expect([again.code, again.stdout.includes(report.endpoints.identity.issuer)]).toEqual([0, true]);

    const inside = await here.run('exec', '-q', '--state-dir', '.passthru', ...NODE, READ_KEYS);
    expect(inside).toEqual({ code: 0, stdout: '200 true\n', stderr: '' });

    expect((await here.run('status')).code).toBe(0);

    const { variables } = JSON.parse((await here.run('env', '--output', 'json')).stdout) as { readonly variables: Record<string, string> };
    expect(variables).toMatchObject({ PASSTHRU_ISSUER: report.endpoints.identity.issuer, PASSTHRU_CA_FILE: report.ca_file });
    const file = join(here.path, 'github.env');
    const github = await cli(['env', '--format', 'github'], { ...here.options, env: { ...here.options.env, GITHUB_ENV: file } });
    expect([github.code, github.stdout]).toEqual([0, '']);
    const written = (await readFile(file, 'utf8')).split('\n');
    for (const value of Object.values(variables)) expect(written).toContain(value);

    expect(await here.run('down', '--volumes')).toMatchObject({ code: 0, stderr: '' });
    expect(await here.run('env')).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no stack in') });
  });

  it('ends a stack that its program only used by another `exec`, and leaves one that `up` has taken over meanwhile', async () => {
    await using here = await project();
    const passthru = (...args: readonly string[]) => ['--', process.execPath, BIN, ...args];
    const own = ['exec', '-q', '--state-dir', 'st', '--port-base', '0'];
    const used = await here.run(...own, ...passthru('exec', '-q', '--', 'true'));
    expect([used, await here.left()]).toEqual([{ code: 0, stdout: '', stderr: '' }, []]);

    const takenOver = await here.run(...own, ...passthru('up', '-q'));
    expect([takenOver.code, takenOver.stderr]).toEqual([0, expect.stringContaining('another command started this stack meanwhile')]);
    expect((await here.run('status', '--state-dir', 'st')).code).toBe(0);
    expect(await here.run('down', '--volumes', '--state-dir', 'st')).toMatchObject({ code: 0 });
  });
});
