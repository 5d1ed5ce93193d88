import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import { cli, type CliResult } from '#test/support/cli.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const SCRIPT = join(import.meta.dirname, '../../build/ci-demo.ts');

/** The demo of Identity as CI runs it, with a temporary folder of its own, so that what it leaves behind can be seen. */
const ciDemo = async (folder: string, ...flags: string[]): Promise<CliResult> => {
  const { kms, identity } = await reservePorts();
  const ports = ['--port-kms', String(kms), '--port-identity', String(identity)];
  return cli(['identity', '--engine', 'embedded', ...ports, ...flags], { bin: SCRIPT, cwd: folder, env: { TMPDIR: folder } });
};

const reportIn = async (folder: string): Promise<Report> =>
  JSON.parse(await readFile(join(folder, 'test-results/demo-identity-embedded.json'), 'utf8')) as Report;

const logsIn = async (folder: string, part: string): Promise<string> =>
  readFile(join(folder, 'test-results/logs/demo-identity-embedded', `${part}.log`), 'utf8');

describe("CI's demo", () => {
  it('keeps the report and what each service logged, says how each step went, and leaves nothing else', async () => {
    await using folder = await temporaryDirectory();
    const { code, stdout, stderr } = await ciDemo(folder.path);
    // `demo identity` starts no KMS.
    expect(stderr.trim()).toMatch(/^kms has logged nothing in \S+$/);
    expect(code).toBe(0);
    const report = await reportIn(folder.path);
    expect(report).toMatchObject({ command: 'demo identity', engine: 'embedded', profile: 'ci', outcome: 'passed' });
    for (const { id } of report.steps) expect(stdout).toContain(`passed  ${id}`);
    for (const part of ['telemetry', 'identity']) expect(await logsIn(folder.path, part)).not.toBe('');
    expect(await readdir(folder.path)).toEqual(['test-results']);
  });

  it('keeps them of a run that failed as well, and passes its exit code on', async () => {
    await using folder = await temporaryDirectory();
    const { code, stdout } = await ciDemo(folder.path, '--health-timeout', '100ms');
    const report = await reportIn(folder.path);
    expect(report.outcome).not.toBe('passed');
    expect(code).toBe(report.exit_code);
    expect(stdout).toMatch(/^failed {2}bring-up\.\w+/m);
    expect(await readdir(join(folder.path, 'test-results/logs/demo-identity-embedded'))).toContain('telemetry.log');
    expect(await readdir(folder.path)).toEqual(['test-results']);
  });

  it('fails when the CLI refuses to run at all, and shows what it said', async () => {
    await using folder = await temporaryDirectory();
    const { code, stdout } = await ciDemo(folder.path, '--profile', 'nosuch');
    expect(code).toBe(64);
    expect(stdout).toContain('no report, exit code 64');
  });
});
